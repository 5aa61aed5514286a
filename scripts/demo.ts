/**
 * Shows what the helper does, without QEMU: starts the real one in a fresh
 * directory, makes every request that there is, and compares each answer with
 * what the host sees.
 *
 * As an ordinary user it starts the helper in a user namespace.
 *
 * @module
 */
import { capabilityNames } from "../ffi/capabilities.ts";
import { type Libc, openLibc } from "../ffi/libc.ts";
import { allocate, cString } from "../ffi/memory.ts";
import { ProcDirectory, type ThreadState } from "../ffi/proc.ts";
import {
  PROXY_FAST,
  PROXY_SELDOM,
  type ProxySymbols,
} from "../src/proxy/symbols.ts";
import { REQUEST_NAMES } from "../mod.ts";
import { type Context, isRight, type Step, STEPS } from "./demo/steps.ts";
import { TemporaryDirectory } from "./program/clean_up.ts";
import { refuseArguments, runProgram } from "./program/main.ts";
import { paint, say, WIDTH, wrap, wrapCommand } from "./program/output.ts";
import { launcher, startHelper } from "./program/proxy_helper.ts";
import { type Column, heading, row } from "./program/table.ts";

const USAGE = `Usage: deno task demo

Starts the real helper in a new directory of /var/tmp, makes every request that
there is, and shows for each what was asked, what the helper answered, and
whether the host sees it. Removes the directory afterwards. Needs no QEMU and
no root.

  -h, --help  show this and exit`;

const COLUMNS: readonly Column[] = [
  { title: "request", width: 12 },
  { title: "asked", width: 28 },
  { title: "answer", width: 22 },
  { title: "µs", width: 5, align: "right" },
  { title: "", width: 2 },
];

const RIGHTS_WIDTH = WIDTH - 36;
const THREAD_COLUMNS: readonly Column[] = [
  { title: "thread", width: 8, align: "right" },
  { title: "uid", width: 6, align: "right" },
  { title: "CapEff", width: 16 },
  { title: "", width: RIGHTS_WIDTH },
];

await runProgram(USAGE, async (args) => {
  refuseArguments(args);
  return await demo() ? 0 : 1;
});

async function demo(): Promise<boolean> {
  const uid = Deno.uid() ?? 0;
  const isRoot = uid === 0;
  await using directory = new TemporaryDirectory("/var/tmp", "virtfs-demo-");
  say(`The export is ${paint("bold", directory.path)}.`);
  say(
    isRoot
      ? "You are root: the helper will serve any owner."
      : `You are not root: the helper runs in a user namespace,
where you are, and no other owner exists.`,
  );
  return await demonstrate(directory.path, isRoot, uid);
}

async function demonstrate(
  directory: string,
  isRoot: boolean,
  uid: number,
): Promise<boolean> {
  const command = [...launcher(), "-n", "--log-level=warning"] as const;
  const shown = wrapCommand([...command, "-p", directory, "-f", "FD"]);
  say(paint("dim", `$ ${shown}\n`));
  // The first answer takes as long as the start, so the table is without it.
  const { client, process } = await startHelper(command, directory)
    .catch((error) => {
      const hint = "Does this system let ordinary users make user namespaces?";
      throw isRoot ? error : new Error(`${error.message}\n${hint}`);
    });
  const libc = openLibc(PROXY_FAST, PROXY_SELDOM);
  let failed: number;
  try {
    failed = makeRequests({
      client,
      directory,
      user: isRoot ? 1000 : 0,
      hostUser: isRoot ? 1000 : uid,
      devices: isRoot,
      xattrs: false,
      hostXattr: (name, attribute) =>
        hostXattr(libc, `${directory}/${name}`, attribute),
    });
    showJail(libc, process.pid);
  } finally {
    client.close();
  }
  const { code } = await process.status;
  const asked = new Set(STEPS.map(({ request }) => request));
  say(
    `\n${
      STEPS.length - failed
    } of ${STEPS.length} answers as they should be, ` +
      `${asked.size} of ${REQUEST_NAMES.length} requests.\n` +
      `The helper ended with status ${code}.`,
  );
  return failed === 0 && code === 0;
}

/** Makes all requests; returns how many went wrong. */
function makeRequests(context: Context): number {
  const [right, seen, wrong, unseen] = [
    paint("green", "✓"),
    paint("green", "✓✓"),
    paint("red", "✗"),
    paint("red", "✓✗"),
  ];
  say(
    `${right} as it should be   ${seen} as it should be, and on the host, too`,
  );
  say(`${wrong} wrong             ${unseen} right, but not so on the host\n`);
  say(heading(COLUMNS));
  return STEPS.filter((step) => !makeRequest(step, context)).length;
}

function makeRequest(
  step: Step,
  context: Context,
): boolean {
  const { request, asked, run, host } = step;
  const before = performance.now();
  const answer = run(context);
  const microseconds = (performance.now() - before) * 1000;
  const right = isRight(step, context, answer);
  const seen = right && (host?.(context) ?? true);
  const verdict = !right
    ? paint("red", "✗")
    : !seen
    ? paint("red", "✓✗")
    : paint("green", host ? "✓✓" : "✓");
  const cells = [request, asked, answer, microseconds.toFixed(0)];
  say(`${row(COLUMNS.slice(0, 4), cells)}  ${verdict}`);
  return seen;
}

/** What the host can see of the running helper's rights. */
function showJail(libc: Libc<ProxySymbols>, pid: number): void {
  using proc = new ProcDirectory(libc, pid);
  say(`\nThe helper, process ${pid}, seen from outside:\n`);
  say(heading(THREAD_COLUMNS));
  for (const thread of proc.threads()) {
    const [first, ...more] = wrap(rights(thread), RIGHTS_WIDTH);
    say(row(THREAD_COLUMNS, [
      `${thread.tid}`,
      `${thread.uids[3]}`,
      thread.effective.toString(16).padStart(16, "0"),
      first!,
    ]));
    for (const line of more) say(row(THREAD_COLUMNS, ["", "", "", line]));
  }
}

/** The value of an xattr, read without the helper. */
function hostXattr(
  libc: Libc<ProxySymbols>,
  path: string,
  attribute: string,
): string | undefined {
  const value = allocate(libc, 256);
  const size = libc.symbols.lgetxattr(
    libc.pointerTo(cString(path)),
    libc.pointerTo(cString(attribute)),
    value.pointer,
    BigInt(value.bytes.length),
  );
  return size < 0
    ? undefined
    : new TextDecoder().decode(value.bytes.subarray(0, size));
}

function rights({ effective }: ThreadState): string {
  const known = capabilityNames(Number(effective & 0xffffffffn)).map((name) =>
    name.toLowerCase()
  );
  if (effective === 0n) return "no capability";
  return effective >> 32n === 0n && known.length < 9
    ? known.join(", ")
    : "all of its namespace";
}
