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
import { startTestLog, type TestLog } from "./audit/test_log.ts";
import { install, missingPackages } from "./packages.ts";
import { outputOf, startChild } from "./program/children.ts";
import { runProgram } from "./program/main.ts";
import { put, say } from "./program/output.ts";
import { LACKING_FILE, type Report, report } from "./report.ts";
import { Scratch } from "./scratch.ts";

const USAGE = `Usage: deno task test [ARGUMENT OF deno test]...

Runs all tests, or those that the arguments choose, files or folders or
--filter NAME; deno test --help shows which arguments there are. As root on
Debian it first installs the packages that the tests need.

  -h, --help  show this and exit

  CI=true                  leaving out a test is a failure
  HELPER_TEST_NO_SKIP=1    likewise
  HELPER_TEST_AUDIT=FILE   write down what the tests ask Deno for
  HELPER=PROGRAM           try this program and not scripts/virtfs-proxy-helper
  VHOST_HELPER=PROGRAM     the same for scripts/virtfs-vhost-helper`;

const ROOT = new URL("..", import.meta.url).pathname;
/**
 * The lock file is the tests' own: `deno task` fetches all packages of the
 * project's lock file before each task, and only tests need any.
 */
const TEST_COMMAND = ["test", "-P", "--lock=tests/deno.lock", "--frozen"];

// `deno test` takes a file of this name for tests, and would start itself.
if (import.meta.main) await runProgram(USAGE, main);

async function main(args: readonly string[]): Promise<number> {
  await prepare();
  await using scratch = new Scratch();
  const log = await startLog(scratch.path);
  const deno = await reachableDeno(scratch.path);
  const running = startTests(deno, scratch.path, args, log?.env);
  const [{ code }, ...printed] = await Promise.all([
    running.status,
    forward(running.stdout, Deno.stdout),
    forward(running.stderr, Deno.stderr),
  ]);
  await log?.end();
  const result = report(printed.join("\n"));
  conclude(result, lacking(scratch.path));
  if (code !== 0 || result.failed > 0) return code || 1;
  return result.skipped > 0 && mayNotSkip() ? 1 : 0;
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
  const { success } = await outputOf("sh", {
    args: [
      ...["-c", 'ln "$0" "$1" 2>/dev/null || cp "$0" "$1"'],
      ...[Deno.execPath(), deno],
    ],
  });
  return success ? deno : Deno.execPath();
}

/** Writes down what the tests ask for, if somebody wants to know. */
async function startLog(scratch: string): Promise<TestLog | undefined> {
  const file = Deno.env.get("HELPER_TEST_AUDIT");
  if (!file) return undefined;
  const directory = `${scratch}/audit`;
  Deno.mkdirSync(directory);
  return await startTestLog(directory, file);
}

function startTests(
  deno: string,
  scratch: string,
  args: readonly string[],
  env: TestLog["env"] = {},
): Deno.ChildProcess {
  const chosen = args.length > 0 ? args : ["tests"];
  return startChild(deno, {
    // Not -q: it hides what tests count and print.
    args: [...TEST_COMMAND, ...chosen],
    cwd: ROOT,
    env: {
      TMPDIR: scratch,
      // A runner that is tested writes no log of its own.
      HELPER_TEST_AUDIT: "",
      ...(Deno.stdout.isTerminal() ? {} : { NO_COLOR: "1" }),
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // On SIGINT it says which tests were running.
  }, { signal: "SIGINT" });
}

/** Passes on what comes, and returns it at the end. */
async function forward(
  from: ReadableStream<Uint8Array>,
  to: typeof Deno.stdout | typeof Deno.stderr,
): Promise<string> {
  const text = new TextDecoder();
  let all = "";
  for await (const bytes of from) {
    put(to, bytes);
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
    for (const name of names) say(`SKIPPED: ${name}`);
    for (const thing of lacking) {
      say(`NOT ALL TESTS WERE RUN: this machine lacks ${thing}`);
    }
    if (lacking.length === 0) {
      say("NOT ALL TESTS WERE RUN: some are marked to be ignored");
    }
    if (mayNotSkip()) say("Here, every test has to be run.");
  }
  say(`${passed} passed, ${failed} failed, ${skipped} skipped`);
}

/** What this machine lacks, as the tests say, each thing once. */
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
