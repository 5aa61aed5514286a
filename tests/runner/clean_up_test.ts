/** Whatever ends a program of this checkout, nothing of what it has made is left. */
import { doesNotMatch, equal, notEqual, ok } from "node:assert/strict";
import { lacking, type Need, testsThatNeed } from "../support/requirements.ts";
import {
  DENO,
  IsolatedProgram,
  OWN,
  ROOT,
} from "../support/isolated_program.ts";

const test = testsThatNeed("root", "unshare");

/** A program and when to end it. */
interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly needs?: readonly Need[];
  readonly files?: Readonly<Record<string, string>>;
  /** It may have ended by itself before anything can be sent. */
  readonly isShort?: boolean;
  /** It runs on a terminal of its own, below script(1), which gets what is sent before it has begun. */
  readonly onTerminal?: boolean;
  /** Made or printed, in this order. */
  readonly moments: readonly RegExp[];
}

function script(path: string, ...args: string[]): string[] {
  return [
    ...[DENO, "run", "-q", "--no-prompt", "-P=tools"],
    ...[`${ROOT}scripts/${path}`, ...args],
  ];
}

const GUEST: readonly Need[] = ["qemu", "kernel", "busybox"];

/** A test that mounts something, leaves a process in the background and never ends. */
const TEST = `Deno.test("goes on", async () => {
  const place = Deno.env.get("TMPDIR");
  Deno.mkdirSync(place + "/mounted");
  new Deno.Command("mount", {
    args: ["-t", "tmpfs", "none", place + "/mounted"],
  }).outputSync();
  new Deno.Command("setsid", {
    args: ["--fork", "sleep", "infinity"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).outputSync();
  console.log("It is under way");
  Deno.writeTextFileSync(place + "/busy", "");
  await new Promise((resolve) => setTimeout(resolve, 1e9));
});`;

/** In place of Deno: begins to write what it is to make, and does not end. */
const SLOW_DENO = `#!/bin/sh
until [ "$1" = --output ] || [ "$1" = -o ]; do shift; done
echo half >"$2"
exec sleep infinity
`;

const PROGRAMS: readonly Program[] = [
  {
    name: "demo",
    command: script("demo.ts"),
    isShort: true,
    moments: [/^\/var\/virtfs-demo-/, /MKDIR/],
  },
  {
    name: "demo, by deno task",
    command: [DENO, "task", "-q", "demo"],
    isShort: true,
    moments: [/^\/var\/virtfs-demo-/],
  },
  {
    name: "demo:qemu",
    command: [
      ...["script", "-qefc"],
      `echo $$ >${OWN}/pid; exec ${script("demo_qemu.ts").join(" ")}`,
      "/dev/null",
    ],
    needs: [...GUEST, "script"],
    onTerminal: true,
    moments: [/^\/var\/virtfs-demo-/, /Booting/, /guest:\S+# /],
  },
  {
    name: "test",
    command: script("test.ts", "--no-check", `${OWN}/some_test.ts`),
    files: { "some_test.ts": TEST },
    moments: [/^\/var\/vph-tests-/, /\/busy$/],
  },
  {
    name: "audit",
    command: script("audit.ts"),
    isShort: true,
    moments: [/^\/var\/vph-audit-/, /\/letters$/],
  },
  {
    name: "bench",
    command: script(
      ...["bench.ts", "mix", "--quick"],
      ...["--ours", `${ROOT}scripts/virtfs-proxy-helper`],
    ),
    needs: ["original", "xattrs"],
    moments: [/^\/var\/virtfs-bench-/, /the tables are of medians/],
  },
  {
    name: "compare",
    command: script("compare.ts", "--only=virtiofsd-c", "--only=this"),
    needs: [...GUEST, "original", "setpriv"],
    moments: [/^\/var\/virtfs-compare-/, /\/initramfs$/],
  },
];

const ENDINGS = {
  SIGINT: { status: 130, to: "group" },
  SIGTERM: { status: 143, to: "process" },
  SIGHUP: { status: 129, to: "process" },
} as const;
type Signal = keyof typeof ENDINGS;
/** Which are sent at the first moment, the second, and the third. */
const SIGNALS: readonly (readonly Signal[])[] = [
  ["SIGINT", "SIGTERM"],
  ["SIGHUP", "SIGINT"],
  ["SIGTERM"],
];

/** What no program prints for an ordinary end. */
const STACK = /^\s+at .*:\d+:\d+/m;

for (const program of PROGRAMS) {
  const { name, moments, needs = [] } = program;
  const ignore = lacking("root", "unshare", ...needs).length > 0;

  if (!program.onTerminal) {
    Deno.test({
      name: `${name}: nothing is left after a signal as soon as it runs`,
      ignore,
      async fn() {
        await using isolated = new IsolatedProgram(program);
        await isolated.signal("SIGTERM", "process");
        notEqual((await isolated.end()).code, 0, isolated.output);
        await isolated.leavesNothing();
      },
    });
  }

  for (const [at, moment] of moments.entries()) {
    const signals = SIGNALS[at] ?? [];
    for (const signal of signals) {
      Deno.test({
        name: `${name}: nothing is left after ${signal} at ${moment}`,
        ignore,
        async fn() {
          await using isolated = new IsolatedProgram(program);
          await isolated.comesTo(moment);
          const { status, to } = ENDINGS[signal];
          await isolated.signal(signal, to);
          const found = (await isolated.end()).code;
          // Some end by themselves in a moment.
          ok(found === status || found === 0, `${found}: ${isolated.output}`);
          doesNotMatch(isolated.output, STACK);
          await isolated.leavesNothing();
        },
      });
    }
  }

  if (program.onTerminal) continue;
  Deno.test({
    name: `${name}: nothing is left after its pipe was closed`,
    ignore,
    async fn() {
      await using isolated = new IsolatedProgram(program);
      await isolated.comesTo(moments[0]!);
      await isolated.closePipe();
      const found = (await isolated.end()).code;
      ok(found === 141 || found === 0 && program.isShort, isolated.output);
      doesNotMatch(isolated.output, STACK);
      await isolated.leavesNothing();
    },
  });
}

for (
  const [name, path] of [["compile", "compile.ts"], ["bundle", "bundle.ts"]]
) {
  for (const [signal, { status, to }] of Object.entries(ENDINGS)) {
    test(`${name}: half a file is not left after ${signal}`, async () => {
      await using isolated = new IsolatedProgram({
        command: [
          ...[DENO, "run", "-q", "--no-prompt", "-P=builder"],
          `scripts/${path}`,
        ],
        env: { DENO: `${OWN}/slow` },
        files: { slow: SLOW_DENO },
        inCopy: true,
      });
      await isolated.comesTo(/\/dist\/\.new-.*\//);
      await isolated.signal(signal as Signal, to);
      equal((await isolated.end()).code, status, isolated.output);
      await isolated.leavesNothing();
    });
  }
}
