/**
 * Audits the permission set of the helper: starts it, makes every request that
 * there is, and fails on a grant that it does not use. With the log of a run of
 * all tests it audits their set, too.
 *
 * The other sets of deno.json are of programs that run any program: to audit
 * them would prove nothing.
 *
 * @module
 */
import {
  type Evidence,
  judge,
  type Line,
  parseLog,
  type PermissionSet,
} from "./audit/judge.ts";
import { STEPS } from "./demo/steps.ts";
import { outputOf } from "./program/children.ts";
import { TemporaryDirectory } from "./program/clean_up.ts";
import { parse, runProgram } from "./program/main.ts";
import { readManifest } from "./program/manifest.ts";
import { say } from "./program/output.ts";
import {
  type Command,
  LAUNCHER,
  launcher,
  startHelper,
} from "./program/proxy_helper.ts";

const USAGE = `Usage: deno task audit [OPTION]...

Says of every permission that the helper is granted whether it uses it, and
fails on one that it does not use.

  --log=FILE  what HELPER_TEST_AUDIT=FILE deno task test has written: audit the
              tests' set, too
  -h, --help  show this and exit`;

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
/** In place of Deno, it shows the command that would have been run. */
const ECHOING_DENO = `${ROOT}/tests/fixtures/echoing_deno`;

await runProgram(USAGE, async (args) => {
  const { values: { log } } = parse({
    args: [...args],
    options: { log: { type: "string" } },
  });
  const { permissions, test } = readManifest();
  const lines = [
    ...tell("helper", await auditHelper(permissions.helper!)),
    ...log === undefined ? [] : tell("test", auditTests(test.permissions, log)),
  ];
  for (const line of lines) say(line);
  const bad = lines.filter((line) => line.startsWith("FAIL")).length;
  say(`${lines.length} grants and denials, ${bad} to be mended`);
  return bad > 0 ? 1 : 0;
});

/** `ok    helper  ffi     /lib/…` */
function tell(set: string, lines: readonly Line[]): string[] {
  return lines.map(({ verdict, permission, text }) =>
    `${verdict.padEnd(4)}  ${set.padEnd(6)}  ${permission.padEnd(6)}  ${text}`
  );
}

/** Judges the set of deno.json together with what the launcher adds for a directory. */
async function auditHelper(set: PermissionSet): Promise<Line[]> {
  await using made = new TemporaryDirectory("/var/tmp", "vph-audit-");
  const log = `${made.path}/log`, directory = `${made.path}/export`;
  Deno.mkdirSync(directory);
  // First, as its MKDIR has to find an empty directory.
  const readOnly = await isReadOnly(directory);
  await useHelper(launcher(), directory, { DENO_AUDIT_PERMISSIONS: log });
  const added = await addedGrants(directory);
  const evidence: Evidence = {
    asks: parseLog(Deno.readTextFileSync(log)),
    seen: readOnly
      ? { [`write ${directory}`]: "without it the export is read-only" }
      : {},
    root: ROOT,
  };
  return judge({ ...set, ...added }, evidence);
}

/** What the launcher grants besides the set. */
async function addedGrants(directory: string): Promise<PermissionSet> {
  const { stdout } = await outputOf(LAUNCHER, {
    args: ["-n", "-p", directory, "-f", "3"],
    env: { DENO: ECHOING_DENO },
  });
  const words = new TextDecoder().decode(stdout).trim().split(" ");
  const flags = words.slice(0, words.findIndex((word) => word.endsWith(".ts")))
    .filter((word) => word.startsWith("--allow") || word === "-A");
  return Object.fromEntries(flags.map((flag) => {
    const [, permission = flag, value] =
      /^--allow-(\w+)(?:=(.*))?$/.exec(flag) ?? [];
    return [permission, value?.split(",") ?? true];
  }));
}

/**
 * Makes every request of a new helper. Returns the answer to MKDIR, the first
 * one that writes: the name of an error, or `done`.
 */
async function useHelper(
  command: Command,
  directory: string,
  env: Record<string, string>,
): Promise<string> {
  const { client, process } = await startHelper(
    [...command, "-n", "--log-level=error"],
    directory,
    { cwd: ROOT, env },
  );
  const context = {
    ...{ client, directory, user: 0, hostUser: 0 },
    ...{ devices: false, xattrs: false, hostXattr: () => undefined },
  };
  const answers = STEPS.map(({ request, run }) => [request, run(context)]);
  client.close();
  await process.status;
  return answers.find(([request]) => request === "MKDIR")![1]!;
}

/**
 * Whether a helper that may not write serves read-only. That is the only use of
 * this grant, and the log does not show it: the helper asks Deno whether it has
 * the grant, and writes by system calls.
 */
async function isReadOnly(directory: string): Promise<boolean> {
  const command = [
    // What makes an ordinary user root of a namespace.
    ...launcher().slice(0, -1),
    ...[Deno.execPath(), "run", "-q", "--no-prompt", "--no-code-cache"],
    ...["-P=helper", `--allow-read=${directory}`, "src/main.ts"],
  ] as [string, ...string[]];
  const env = { DENO_NO_UPDATE_CHECK: "1" };
  const answer = await useHelper(command, directory, env);
  return answer === "EROFS";
}

function auditTests(set: PermissionSet, log: string): Line[] {
  return judge(set, {
    asks: parseLog(Deno.readTextFileSync(log)),
    seen: { "run *": "the log does not have what is run" },
    root: ROOT,
  });
}
