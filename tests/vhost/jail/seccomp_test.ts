/** What serving vhost-user-fs calls: nothing that is not on its list, and all that is. */
import { deepEqual, equal, ok } from "node:assert/strict";
import {
  type SyscallName,
  syscallNumber,
} from "../../../ffi/syscall_numbers.ts";
import { runtimeRules } from "../../../src/jail/seccomp/runtime_rules.ts";
import { VHOST_USER_FS_RULES } from "../../../src/vhost_user_fs/rules.ts";
import { allowList } from "../../support/filter_rules.ts";
import { until } from "../../support/processes.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { threadsOf } from "../../support/threads.ts";
import { exportWorkspace } from "../../support/workspace.ts";
import { HELPER } from "../support/helper.ts";
import { workThrough } from "../support/mixed_load.ts";
import { greet, startProgram } from "../support/program.ts";

const test = testsThatNeed("root");
const tracedTest = testsThatNeed("root", "strace", "xattrs");

const NOBODY = 65534;

/** The calls that a run makes after its filter was installed. */
async function calls(uid: number | undefined, ...args: string[]) {
  using place = exportWorkspace();
  if (uid === undefined) Deno.chownSync(place.export, NOBODY, NOBODY);
  const log = `${place.path}/strace`;
  await using program = startProgram(place, "connection", [
    ...["--fd=FD", "--shared-dir=DIR", "--xattr", "--seccomp=log", ...args],
  ], { program: ["strace", "-D", "-f", "-o", log, HELPER] });
  using frontEnd = await program.connect();
  workThrough(greet(frontEnd), uid);
  // Without their memory nothing can be mapped a second time.
  frontEnd.close();
  equal((await program.end()).code, 0);
  const read = () => Deno.readTextFileSync(log);
  await until("strace's end", () => /exited with 0/.test(read()));
  const lines = read().split("\n");
  const from = lines.findIndex((line) =>
    line.includes("SECCOMP_SET_MODE_FILTER")
  );
  ok(from > 0, "the filter was not seen");
  return lines.slice(from + 1).flatMap((line) =>
    /^\d+ +([a-z]\w*)\(/.exec(line)?.[1] ?? []
  );
}

tracedTest(
  "Every call of a request is on the list, and the list has no other",
  async () => {
    const made = new Set([
      ...await calls(1000),
      // Some are made only where ids are mapped.
      ...await calls(undefined, "--map-root=nobody"),
    ]);
    const circumstances = { pid: 1, listens: false };
    const allowed = new Set<string>(
      allowList(circumstances, "vhost-user-fs").flatMap(({ calls }) => calls),
    );
    deepEqual([...made].filter((name) => !allowed.has(name)), []);
    // Those of the runtime are made when it wants to.
    const others = new Set<SyscallName>(
      runtimeRules(circumstances).flatMap(({ calls }) => calls),
    );
    const own = VHOST_USER_FS_RULES.flatMap(({ calls }) => calls).filter((
      name,
    ) =>
      !others.has(name) && syscallNumber(name, Deno.build.arch) !== undefined
    );
    deepEqual(own.filter((name) => !made.has(name)), []);
  },
);

test("A long mixed load stays inside, and every thread is filtered", async () => {
  using place = exportWorkspace();
  await using program = startProgram(place, "connection", [
    ...["--fd=FD", "--shared-dir=DIR", "--xattr"],
  ]);
  using frontEnd = await program.connect();
  const session = greet(frontEnd);
  for (let i = 0; i < 20; i++) {
    workThrough(session, 1000 + i);
    for (const { tid, filtered, noNewPrivs } of threadsOf(program.pid)) {
      deepEqual([filtered, noNewPrivs], [true, true], `thread ${tid}`);
    }
    // Now and then a thread is started, to wait for the next request.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  frontEnd.close();
  equal((await program.end()).code, 0);
});

test("With --seccomp=none no thread is filtered, and the log says so", async () => {
  using place = exportWorkspace();
  await using program = startProgram(place, "connection", [
    ...["--fd=FD", "--shared-dir=DIR", "--seccomp=none"],
  ]);
  using frontEnd = await program.connect();
  greet(frontEnd);
  const threads = threadsOf(program.pid);
  ok(threads.every(({ filtered }) => !filtered));
  ok(threads.find(({ tid }) => tid === program.pid)?.noNewPrivs);
  frontEnd.close();
  const { code, stderr } = await program.end();
  equal(code, 0);
  ok(/seccomp WEAK: \d+ of \d+ threads may make any system call/.test(stderr));
});
