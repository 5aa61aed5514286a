/** The system calls of a request: no more than its work needs, and one that tells of the answer. */
import { equal, ok } from "node:assert/strict";
import { ENOENT } from "../../../ffi/errno.ts";
import { startGuest } from "../../../scripts/bench/vhost/guest.ts";
import {
  makeFiles,
  OPERATIONS,
} from "../../../scripts/bench/vhost/operations.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { lookup } from "../../../src/vhost_user_fs/client/requests/names.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { tracedCalls } from "../../support/strace.ts";
import { workspace } from "../../support/workspace.ts";
import { HELPER } from "../support/helper.ts";

const test = testsThatNeed("root", "strace");

/** What the memory of the process, the event loop and the wait for requests call, whenever they like. */
const RUNTIME = new Set([
  ...["brk", "mmap", "munmap", "mremap", "mprotect", "pkey_mprotect"],
  ...["madvise", "membarrier", "prctl", "futex", "epoll_wait", "epoll_ctl"],
  ...["epoll_pwait", "read", "poll", "getpid", "gettid", "sched_yield"],
  ...["sched_getaffinity", "clone", "clone3", "rt_sigprocmask"],
  ...["restart_syscall", "clock_gettime"],
]);

/** Each twice: the second time is a question, as the first does not tell failure. */
const AS_USER = ["setfsgid", "setfsgid", "setfsuid", "setfsuid", "capset"];
const BACK = ["setfsuid", "setfsuid", "setfsgid", "setfsgid"];
/** Tells the guest of the answer. */
const CALL = "write";

/** What each operation calls; those with large transfers are like those with small ones. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  "LOOKUP, known": ["statx", CALL],
  "LOOKUP cold, FORGET": ["statx", "openat2", "statx", CALL, "close", CALL],
  "LOOKUP, missing": ["statx", CALL],
  "GETATTR": ["statx", CALL],
  "SETATTR": ["fchmodat", "utimensat", "statx", CALL],
  "OPEN, RELEASE": ["openat", CALL, "close", CALL],
  "CREATE, UNLINK as a user": [
    ...[...AS_USER, "openat", ...BACK, "openat", "statx", CALL],
    ...["close", CALL, "unlinkat", CALL, "close", CALL],
  ],
  "STATFS": ["fstatfs", CALL],
  "GETXATTR": ["getxattr", CALL],
  "READ of 4 KiB": ["preadv2", CALL],
  "WRITE of 4 KiB": ["pwritev2", CALL],
  "READ of 1024 KiB": ["preadv2", CALL],
  "WRITE of 1024 KiB": ["pwritev2", CALL],
};

const ROUNDS = 10;

test("no request of a guest takes a system call more than its work needs", async () => {
  using directory = workspace();
  const log = `${directory.path}/strace`, share = `${directory.path}/share`;
  Deno.mkdirSync(share);
  makeFiles(share);
  const guest = startGuest(
    ["strace", "-f", "-o", log, HELPER, "--poll-max-us=0"],
    share,
    directory.path,
  );
  const { desk } = guest;
  const operations = OPERATIONS.filter(({ name }) => name in CALLS);
  equal(operations.length, Object.keys(CALLS).length);
  const runs = operations.map((operation) => operation.prepare(desk));
  const marks = [...runs, undefined].map((_, number) =>
    desk.prepare(lookup(ROOT, `begin-${number}`), ENOENT)
  );
  runs.forEach(({ run }, number) => {
    marks[number]!.run();
    for (let i = 0; i < ROUNDS; i++) run();
  });
  marks.at(-1)!.run();
  await guest.stop();
  const calls = tracedCalls(Deno.readTextFileSync(log));
  const main = calls[0]!.thread;
  const lines = withoutWakeUps(
    calls.filter(({ thread }) => thread === main).map(({ text }) => text),
  );
  operations.forEach(({ name }, number) => {
    const expected = CALLS[name]!.join(" ");
    const actual = between(lines, number);
    equal(
      actual,
      Array.from({ length: ROUNDS }, () => expected).join(" "),
      `${name}: ${actual}`,
    );
  });
});

/** Without writes to events of the runtime's, which are few: it wakes threads by them. */
function withoutWakeUps(lines: readonly string[]): string[] {
  const written = (line: string) => /^write\((\d+),/.exec(line)?.[1];
  const counts = new Map<string, number>();
  for (const fd of lines.map(written)) {
    if (fd !== undefined) counts.set(fd, (counts.get(fd) ?? 0) + 1);
  }
  return lines.filter((line) => {
    const fd = written(line);
    return fd === undefined || counts.get(fd)! >= ROUNDS;
  });
}

/** The names of the calls between the answers to two marks, without those of the runtime. */
function between(lines: readonly string[], number: number): string {
  const mark = (number: number) =>
    lines.findIndex((line) => line.includes(`"begin-${number}"`));
  const from = mark(number), to = mark(number + 1);
  ok(from >= 0 && to > from);
  return lines.slice(from + 1, to)
    .map((line) => line.slice(0, line.indexOf("(")))
    .filter((name) => !RUNTIME.has(name))
    // The call that tells of the mark.
    .slice(1)
    .join(" ");
}
