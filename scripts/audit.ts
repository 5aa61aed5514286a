/**
 * Audits the permission set of the two helpers: starts each, makes requests, and
 * fails on a grant that it does not use. With the log of a run of all tests it
 * audits their set, too.
 *
 * The other sets of deno.json are of programs that run any program: to audit
 * them would prove nothing.
 *
 * @module
 */
import { type Evidence, judge, type Line, parseLog } from "./audit/judge.ts";
import { type Audited, PROXY, VHOST } from "./audit/programs.ts";
import { outputOf } from "./program/children.ts";
import { TemporaryDirectory } from "./program/clean_up.ts";
import { parse, runProgram } from "./program/main.ts";
import { type PermissionSet, readManifest } from "./program/manifest.ts";
import { say } from "./program/output.ts";

const USAGE = `Usage: deno task audit [OPTION]...

Says of every permission that the helpers are granted whether each of them uses
it, and fails on one that it does not use.

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
    ...tell(PROXY.name, await auditProgram(PROXY, permissions.helper!)),
    ...tell(VHOST.name, await auditProgram(VHOST, permissions.helper!)),
    ...log === undefined ? [] : tell("test", auditTests(test.permissions, log)),
  ];
  for (const line of lines) say(line);
  const bad = lines.filter((line) => line.startsWith("FAIL")).length;
  say(`${lines.length} grants and denials, ${bad} to be mended`);
  return bad > 0 ? 1 : 0;
});

/** `ok    proxy   ffi     /lib/…` */
function tell(whose: string, lines: readonly Line[]): string[] {
  return lines.map(({ verdict, permission, text }) =>
    `${verdict.padEnd(4)}  ${whose.padEnd(6)}  ${permission.padEnd(6)}  ${text}`
  );
}

/** Judges the set of deno.json together with what the launcher adds for a directory. */
async function auditProgram(
  program: Audited,
  set: PermissionSet,
): Promise<Line[]> {
  await using made = new TemporaryDirectory("/var/tmp", "vph-audit-");
  const log = `${made.path}/log`, directory = `${made.path}/export`;
  Deno.mkdirSync(directory);
  // First, as its MKDIR has to find an empty directory.
  const readOnly = await isReadOnly(program, directory);
  await program.use(program.command(), directory, {
    cwd: ROOT,
    env: { DENO_AUDIT_PERMISSIONS: log },
  });
  const added = await addedGrants(program, directory);
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
async function addedGrants(
  program: Audited,
  directory: string,
): Promise<PermissionSet> {
  const { stdout } = await outputOf(program.launcher, {
    args: [...program.arguments(directory)],
    env: { DENO: ECHOING_DENO },
  });
  const words = new TextDecoder().decode(stdout).trim().split(" ");
  const flags = words.slice(0, words.findIndex((word) => /\.[jt]s$/.test(word)))
    .filter((word) => word.startsWith("--allow") || word === "-A");
  return Object.fromEntries(flags.map((flag) => {
    const [, permission = flag, value] =
      /^--allow-(\w+)(?:=(.*))?$/.exec(flag) ?? [];
    return [permission, value?.split(",") ?? true];
  }));
}

/**
 * Whether a helper that may not write serves read-only. That is the only use of
 * this grant, and the log does not show it: the helper asks Deno whether it has
 * the grant, and writes by system calls.
 */
async function isReadOnly(
  program: Audited,
  directory: string,
): Promise<boolean> {
  const command = [
    // What makes an ordinary user root of a namespace.
    ...program.command().slice(0, -1),
    ...[Deno.execPath(), "run", "-q", "--no-prompt", "--no-code-cache"],
    ...["-P=helper", `--allow-read=${directory}`, program.main],
  ] as [string, ...string[]];
  const answer = await program.use(command, directory, {
    cwd: ROOT,
    env: { DENO_NO_UPDATE_CHECK: "1" },
  });
  return answer === "EROFS";
}

function auditTests(set: PermissionSet, log: string): Line[] {
  return judge(set, {
    asks: parseLog(Deno.readTextFileSync(log)),
    seen: { "run *": "the log does not have what is run" },
    root: ROOT,
  });
}
