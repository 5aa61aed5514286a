/** virtfs-top where it prints and ends: its launcher, its permissions, its options. */
import { deepEqual, equal, match } from "node:assert/strict";
import { readManifest } from "../../scripts/program/manifest.ts";
import { VERSION } from "../../src/version.ts";
import { ROOT } from "../support/isolated_program.ts";
import { onTerminal, type Outcome, run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { runHere } from "../support/tools.ts";
import { workspace } from "../support/workspace.ts";
import { sample } from "./figures.ts";

const scriptTest = testsThatNeed("script");

const TOP = `${ROOT}scripts/virtfs-top`;
const ECHOING_DENO = `${ROOT}tests/fixtures/echoing_deno`;

const top = (...args: readonly string[]): Promise<Outcome> =>
  run([TOP, ...args]);

/** A file of a helper that lives and has nothing to do: that is known at once. */
function writeLongAgo(path: string, share: string): Disposable {
  Deno.writeTextFileSync(path, sample({ share }));
  Deno.utimeSync(path, 1, 1);
  const file = Deno.openSync(path);
  file.lockSync(true);
  return file;
}

Deno.test("Its permissions are to read figures, and the launcher adds what it is told to read", async () => {
  deepEqual(readManifest().permissions.top, {
    read: ["/run/virtfs/metrics"],
    ...Object.fromEntries(
      ["write", "ffi", "env", "run", "sys", "net", "import"]
        .map((name) => [name, { deny: true }]),
    ),
  });
  const granted = async (...args: readonly string[]) => {
    const { stdout, stderr } = await run([TOP, ...args], {
      env: { DENO: ECHOING_DENO },
    });
    const [, before, after] = /^run (.*) \S+\/scripts\/top\.ts(.*)\n$/
      .exec(stdout) ?? [];
    equal(after, args.map((arg) => ` ${arg}`).join(""), stdout + stderr);
    match(before!, / --no-prompt .* -P=top\b/);
    return / -P=top(?: --allow-read=(\S+))?$/.exec(before!)?.[1]?.split(",");
  };
  equal(await granted(), undefined);
  equal(await granted("--once", "-i", "3", "--sort", "name"), undefined);
  deepEqual(await granted("/a", "-s", "name", "--interval=2", "/b"), [
    ...["/a", "/b"],
  ]);
  deepEqual(await granted("-i3", "--", "-b", "--once"), ["-b", "--once"]);
});

Deno.test("With --once it prints all shares, or one file in detail, without colours", async () => {
  using place = workspace();
  using _a = writeLongAgo(`${place.path}/a.prom`, "/a");
  const b = writeLongAgo(`${place.path}/b.prom`, "/b");
  const all = await top("--once", place.path);
  equal(all.code, 0, all.stderr);
  match(all.stdout, /^virtfs-top {2}.*\n2 shares {3}0 requests\/s .*\n\n/);
  match(all.stdout, /^! {2}1 \/a +0 .*\n! {2}2 \/b +0 .*$/m);
  match(all.stdout, /^! .*weaker than it can be: open one to see where\n$/m);
  const one = await top("--once", "--ascii", `${place.path}/b.prom`);
  equal(one.code, 0, one.stderr);
  match(one.stdout, /^\/b +virtfs-vhost-helper 0\.2\.0\n/);
  match(one.stdout, /^READ +0 +- +12 us +82 us +12 ms$/m);
  match(one.stdout, /^[ -~\n]+$/);
  b[Symbol.dispose]();
  const killed = await top("--once", place.path);
  match(killed.stdout, /^2 shares, 1 ended {3}/m);
  match(killed.stdout, /^x {2}2 \/b +was killed or has crashed; last write /m);
});

Deno.test("What it prints once ends with 1 where a file can't be read, and shows the others", async () => {
  using place = workspace();
  using _a = writeLongAgo(`${place.path}/a.prom`, "/a");
  Deno.writeTextFileSync(`${place.path}/b.prom`, "no figures\n");
  const { code, stdout } = await top("--once", place.path);
  equal(code, 1);
  match(stdout, / \/a /);
  match(stdout, /b\.prom +can't be read: /);
});

scriptTest(
  "On a terminal --once has colours, but not with NO_COLOR",
  async () => {
    using place = workspace();
    Deno.writeTextFileSync(`${place.path}/a.prom`, sample());
    Deno.utimeSync(`${place.path}/a.prom`, 1, 1);
    for (const [NO_COLOR, colours] of [["", true], ["1", false]] as const) {
      const { stdout } = await run(
        onTerminal([TOP, "--once", place.path]),
        { env: { NO_COLOR } },
      );
      match(stdout, /virtfs-top/);
      equal(stdout.includes("\x1b["), colours);
    }
  },
);

Deno.test("It says what is wrong, and what to do", async () => {
  using place = workspace();
  for (
    const [status, args, said] of [
      [
        1,
        [`${place.path}/none`],
        /^Cannot look at .*\/none: there is no such file or directory\nA helper writes its figures where it is started with\n?.* --metrics-file=FILE/,
      ],
      [
        1,
        ["--once", place.path],
        /^No helper has written figures to\s\S+\.\s+A\s+helper\s+writes\s/,
      ],
      [
        2,
        ["--interval=0"],
        /^Cannot look every "0" seconds: --interval takes a number from 0\.1 to 3600\. Try "virtfs-top --help"\n$/,
      ],
      [
        2,
        ["--sort=size"],
        /^Cannot sort by "size": --sort takes requests, .*, name\. Try "virtfs-top --help"\n$/,
      ],
      [2, ["--no-such"], /^.*--no-such.* Try "virtfs-top --help"\n$/],
      [
        1,
        [`${place.path},`],
        /^Cannot read \S+: there is a comma/,
      ],
      [1, ["/\xff"], /^Cannot look at \/ÿ: /],
    ] as const
  ) {
    const { code, stdout, stderr } = await top(...args);
    const [, message] = /^virtfs-top: error: ([^]*)$/.exec(stderr) ?? [];
    match(message!, said);
    equal(stdout, "");
    equal(code, status);
  }
  const odd = await run(["sh", "-c", `${TOP} "$(printf '/\\377')"`]);
  equal(
    odd.stderr,
    "virtfs-top: error: Cannot read /?: its name is not UTF-8\n",
  );
});

Deno.test("It says its version and how to use it", async () => {
  equal((await top("--version")).stdout, `virtfs-top ${VERSION}\n`);
  const { stdout, code } = await top("--help");
  equal(code, 0);
  match(stdout, /^Usage: virtfs-top /);
  for (const line of stdout.split("\n")) equal(line.length <= 80, true, line);
});

Deno.test("deno task top is the same", async () => {
  const task = [Deno.execPath(), "task", "-q", "top", "--version"];
  const { stdout, stderr } = await runHere(task);
  equal(stdout, `virtfs-top ${VERSION}\n`, stderr);
});

Deno.test("An error that nobody catches ends a program like any other: what it has changed is undone first", async () => {
  const { code, output } = await run([
    ...[Deno.execPath(), "eval", "--quiet", "--no-lock"],
    `import { runProgram } from "${ROOT}scripts/program/main.ts";
     import { Made } from "${ROOT}scripts/program/clean_up.ts";
     await runProgram("Usage: x", async () => {
       await using _made = new Made(() => console.error("undone"));
       setTimeout(() => { throw new Error("thrown"); });
       await new Promise((resolve) => setTimeout(resolve, 1_000_000));
       return 0;
     });`,
  ]);
  deepEqual([code, output], [1, "undone\nx: error: thrown\n"]);
});
