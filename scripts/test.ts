/**
 * Runs all tests, or those that the arguments of `deno test` choose.
 *
 * As root on Debian it first installs the packages that the tests need. It ends
 * with what could not be run, and a line that counts. Where `CI` is `true` or
 * `HELPER_TEST_NO_SKIP` is 1, leaving out a test is a failure. What the tests
 * ask Deno for goes to the file that `HELPER_TEST_AUDIT` names, for
 * scripts/audit.ts.
 *
 * @module
 */
import { Collector } from "./audit/collect.ts";
import { install, missingPackages } from "./packages.ts";
import { LACKING_FILE, type Report, report } from "./report.ts";
import { TEST_COMMAND } from "./test_command.ts";

const ROOT = new URL("..", import.meta.url).pathname;
/** Where tests make their directories: not a tmpfs, which lacks what a disk has. */
const SCRATCH = "/var/tmp";
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

// `deno test` takes a file of this name for tests, and would start itself.
if (import.meta.main) Deno.exit(await main());

async function main(): Promise<number> {
  let interrupted: number | undefined;
  let running: Deno.ChildProcess | undefined;
  for (const [signal, status] of Object.entries(SIGNALS)) {
    Deno.addSignalListener(signal as keyof typeof SIGNALS, () => {
      interrupted = status;
      running?.kill("SIGINT");
    });
  }
  await prepare();
  if (interrupted !== undefined) return interrupted;

  const scratch = Deno.makeTempDirSync({ dir: SCRATCH, prefix: "vph-tests-" });
  // Some tests are another user.
  Deno.chmodSync(scratch, 0o755);
  const audit = await startAudit(scratch);
  try {
    running = startTests(await reachableDeno(scratch), scratch, audit?.env);
    const [{ code }, ...printed] = await Promise.all([
      running.status,
      forward(running.stdout, Deno.stdout),
      forward(running.stderr, Deno.stderr),
    ]);
    running = undefined;
    await audit?.end();
    const result = report(printed.join("\n"));
    conclude(result, lacking(scratch));
    if (interrupted !== undefined) return interrupted;
    if (code !== 0 || result.failed > 0) return code || 1;
    return result.skipped > 0 && mayNotSkip() ? 1 : 0;
  } finally {
    await clear(scratch);
  }
}

/** Installs what is missing, where that can be done. */
async function prepare(): Promise<void> {
  const missing = await missingPackages();
  if (missing === undefined) {
    say("This is not Debian: what the tests need is not installed for you.");
    return;
  }
  if (missing.length === 0) return;
  say("The tests need Debian packages that are not installed:");
  for (const { name, purpose } of missing) say(`  ${name}: ${purpose}`);
  if (Deno.uid() !== 0) {
    say("You are not root, so the tests go on without them.");
    return;
  }
  say("Installing them.");
  if (!await install(missing)) {
    say("They could not be installed; the tests go on without them.");
  }
}

/**
 * Deno, where every user can start it: npm keeps root's below root's home, and
 * some tests run the helper as somebody else.
 */
async function reachableDeno(scratch: string): Promise<string> {
  const deno = `${scratch}/deno`;
  const { success } = await new Deno.Command("sh", {
    args: [
      ...["-c", 'ln "$0" "$1" 2>/dev/null || cp "$0" "$1"'],
      ...[Deno.execPath(), deno],
    ],
  }).output();
  return success ? deno : Deno.execPath();
}

/** Collects what the tests ask for, if somebody wants to know. */
async function startAudit(scratch: string): Promise<
  { env: Record<string, string>; end: () => Promise<void> } | undefined
> {
  const file = Deno.env.get("HELPER_TEST_AUDIT");
  if (!file) return undefined;
  const directory = `${scratch}/audit`;
  Deno.mkdirSync(directory);
  const collector = await Collector.start(directory, ["test"]);
  return {
    // A runner that is tested has no log of its own.
    env: { ...collector.env, HELPER_TEST_AUDIT: "" },
    async end() {
      await collector.end();
      await new Deno.Command("cp", {
        args: ["--", `${directory}/test.log`, file],
      }).output();
    },
  };
}

function startTests(
  deno: string,
  scratch: string,
  env: Record<string, string> = {},
): Deno.ChildProcess {
  const chosen = Deno.args.length > 0 ? Deno.args : ["tests"];
  const colours = Deno.stdout.isTerminal();
  return new Deno.Command(deno, {
    // Not -q: it hides what tests count and print.
    args: [...TEST_COMMAND, ...chosen],
    cwd: ROOT,
    env: { TMPDIR: scratch, ...(colours ? {} : { NO_COLOR: "1" }), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Passes on what comes, and returns it at the end. */
async function forward(
  from: ReadableStream<Uint8Array>,
  to: typeof Deno.stdout,
): Promise<string> {
  const text = new TextDecoder();
  let all = "";
  for await (const bytes of from) {
    for (let at = 0; at < bytes.length;) {
      at += await to.write(bytes.subarray(at));
    }
    all += text.decode(bytes, { stream: true });
  }
  return all + text.decode();
}

/** Says what was left out, and why; the last line counts. */
function conclude(
  { passed, failed, skipped, names }: Report,
  lacking: readonly string[],
): void {
  if (skipped > 0) {
    for (const name of names) console.log(`SKIPPED: ${name}`);
    for (const thing of lacking) {
      console.log(`NOT ALL TESTS WERE RUN: this machine lacks ${thing}`);
    }
    if (lacking.length === 0) {
      console.log("NOT ALL TESTS WERE RUN: some are marked to be ignored");
    }
    if (mayNotSkip()) console.log("Here, every test has to be run.");
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
}

/** What the tests have missed, each thing once. */
function lacking(scratch: string): string[] {
  try {
    const lines = Deno.readTextFileSync(`${scratch}/${LACKING_FILE}`);
    return [...new Set(lines.split("\n"))].filter((line) => line !== "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function mayNotSkip(): boolean {
  return Deno.env.get("CI") === "true" ||
    Deno.env.get("HELPER_TEST_NO_SKIP") === "1";
}

/** Removes what tests that were ended have left, mounts first. */
async function clear(scratch: string): Promise<void> {
  const { stdout } = await new Deno.Command("cat", {
    args: ["/proc/self/mounts"],
  }).output();
  const mounts = new TextDecoder().decode(stdout).split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${scratch}/`));
  for (const path of mounts.reverse()) {
    await new Deno.Command("umount", { args: ["-l", path] }).output();
  }
  await new Deno.Command("rm", {
    args: ["-rf", "--one-file-system", "--", scratch],
  }).output();
}

function say(line: string): void {
  console.log(line);
}
