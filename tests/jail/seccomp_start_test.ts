/** The filter at the start: on every thread, or not at all; and what has to be over by then. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { refusal, startHelper, startServing } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { threadsOf } from "../support/threads.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");
const tracedTest = testsThatNeed("root", "strace");

/** Every seccomp(2), or the `when`th, does as strace(1) says. */
const tampered = (what: string): readonly string[] => [
  ...["strace", "-f", "-o", "/dev/null", "-e", "trace=seccomp"],
  ...["-e", `inject=seccomp:${what}`],
];

test("Every thread is filtered and can get no new privileges, then and later", async () => {
  await using helper = await startHelper();
  for (let i = 0; i < 20; i++) {
    equal(helper.client.lstat("/").errno, 0);
    for (const { tid, filtered, noNewPrivs } of threadsOf(helper.pid)) {
      deepEqual([filtered, noNewPrivs], [true, true], `thread ${tid}`);
    }
    // Now and then a thread is started, to wait for the next request.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test("A helper that listens is filtered before anybody has connected", async () => {
  using place = exportWorkspace();
  await using helper = await startHelper({ place, socket: true });
  ok(threadsOf(helper.pid).every(({ filtered }) => filtered));
  const { client } = helper;
  equal(client.lstat("/").errno, 0);
  ok(threadsOf(helper.pid).every(({ filtered }) => filtered));
  await helper.finish();
});

test("With --seccomp none no thread is filtered, and the log says so", async () => {
  await using helper = await startServing({ args: ["--seccomp", "none"] });
  const threads = threadsOf(helper.pid);
  ok(threads.every(({ filtered }) => !filtered));
  ok(threads.find(({ tid }) => tid === helper.pid)?.noNewPrivs);
  match(
    await helper.finish(),
    /info: Sandbox: .*seccomp WEAK: \d+ of \d+ threads may make any system call/,
  );
});

/** The error where the kernel does not filter, and `why`. */
const refused = (why: string) =>
  new RegExp(
    `error: Cannot filter system calls: .*${why}\\]?; .*--seccomp none`,
  );

for (
  const [what, tampering, why] of [
    ["has no seccomp", "error=ENOSYS", refused("ENOSYS")],
    [
      "does not know the action",
      "error=EOPNOTSUPP:when=1",
      refused("EOPNOTSUPP"),
    ],
    ["does not know the flags", "error=EINVAL:when=2", refused("EINVAL")],
    ["refuses", "error=EPERM:when=2", refused("EPERM")],
    [
      "can't filter a thread",
      "retval=4711:when=2",
      refused("thread 4711 has a filter that the others do not have"),
    ],
    [
      "says that it filters, and does not",
      "retval=0:when=2",
      /error: Cannot prove the jail: threads without a filter: \d+, \d+/,
    ],
  ] as const
) {
  tracedTest(
    `Where the kernel ${what} the helper does not serve, and says what to do`,
    async () => {
      match(await refusal({ wrapper: tampered(tampering) }), why);
    },
  );
}

tracedTest(
  "Where the kernel has no seccomp --seccomp none serves",
  async () => {
    await using helper = await startServing({
      args: ["--seccomp", "none"],
      wrapper: tampered("error=ENOSYS"),
    });
    await helper.finish();
  },
);

tracedTest(
  "A runtime that is slow to open its caches does not die of the filter",
  async () => {
    using place = exportWorkspace();
    const cache = `${place.path}/cache`;
    // This one is opened by a thread that nobody waits for.
    const slow = ["", "-wal", "-shm"].map((part) =>
      `${cache}/node_analysis_cache_v2${part}`
    );
    await using helper = await startHelper({
      place,
      env: { DENO_DIR: cache },
      wrapper: [
        ...["strace", "-D", "-f", "-o", "/dev/null"],
        ...slow.flatMap((path) => ["-P", path]),
        ...["-e", "trace=openat,fcntl,pread64,pwrite64"],
        ...["-e", "inject=openat,fcntl,pread64,pwrite64:delay_enter=20000"],
      ],
    });
    for (let i = 0; i < 30; i++) {
      equal(helper.client.lstat("/").errno, 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await helper.finish();
  },
);
