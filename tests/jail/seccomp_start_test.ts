/** The filter at the start: on every thread, or not at all; and what has to be over by then. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { openLibc } from "../../ffi/libc.ts";
import { ProcDirectory, type ThreadState } from "../../ffi/proc.ts";
import { PROXY_FAST, PROXY_SELDOM } from "../../src/proxy/symbols.ts";
import {
  type HelperOptions,
  startHelper,
  startServing,
} from "../support/helpers.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace, workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");
const traced = { ignore: lacking("root", "strace").length > 0 };

function threadsOf(pid: number): ThreadState[] {
  const libc = openLibc(PROXY_FAST, PROXY_SELDOM);
  try {
    using proc = new ProcDirectory(libc, pid);
    return proc.threads();
  } finally {
    libc.close();
  }
}

/** Every seccomp(2), or the `when`th, does as strace(1) says. */
const tampered = (what: string): readonly string[] => [
  ...["strace", "-f", "-o", "/dev/null", "-e", "trace=seccomp"],
  ...["-e", `inject=seccomp:${what}`],
];

test("Every thread is filtered and can get no new privileges, then and later", async () => {
  using directory = workspace();
  await using helper = await startHelper({ directory: directory.path });
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
  using directory = workspace();
  await using helper = await startServing({
    directory: directory.path,
    args: ["--seccomp", "none"],
  });
  const threads = threadsOf(helper.pid);
  ok(threads.every(({ filtered }) => !filtered));
  ok(threads.find(({ tid }) => tid === helper.pid)?.noNewPrivs);
  match(
    (await helper.stop()).output,
    /info: Sandbox: .*seccomp WEAK: \d+ of \d+ threads may make any system call/,
  );
});

for (
  const [what, tampering, why] of [
    ["has no seccomp", "error=ENOSYS", "ENOSYS"],
    ["does not know the action", "error=EOPNOTSUPP:when=1", "EOPNOTSUPP"],
    ["does not know the flags", "error=EINVAL:when=2", "EINVAL"],
    ["refuses", "error=EPERM:when=2", "EPERM"],
    [
      "can't filter a thread",
      "retval=4711:when=2",
      "thread 4711 has a filter that the others do not have",
    ],
    [
      "says that it filters, and does not",
      "retval=0:when=2",
      undefined,
    ],
  ] as const
) {
  Deno.test({
    name:
      `Where the kernel ${what} the helper does not serve, and says what to do`,
    ...traced,
    async fn() {
      using directory = workspace();
      await using helper = await startHelper({
        directory: directory.path,
        wrapper: tampered(tampering),
      });
      const { code, output } = await helper.end();
      equal(code, 1);
      match(
        output,
        why === undefined
          ? /error: Cannot prove the jail: threads without a filter: \d+, \d+/
          : new RegExp(
            `error: Cannot filter system calls: .*${why}\\]?; .*--seccomp none`,
          ),
      );
    },
  });
}

Deno.test({
  name: "Where the kernel has no seccomp --seccomp none serves",
  ...traced,
  async fn() {
    using directory = workspace();
    await using helper = await startHelper({
      directory: directory.path,
      args: ["--seccomp", "none"],
      wrapper: tampered("error=ENOSYS"),
    });
    equal(helper.client.lstat("/").errno, 0);
    await helper.finish();
  },
});

Deno.test({
  name: "A runtime that is slow to open its caches does not die of the filter",
  ...traced,
  async fn() {
    using place = exportWorkspace();
    const cache = `${place.path}/cache`;
    const options: HelperOptions = {
      directory: place.export,
      env: { DENO_DIR: cache },
      // This one is opened by a thread that nobody waits for.
      wrapper: [
        ...["strace", "-D", "-f", "-o", "/dev/null"],
        ...["", "-wal", "-shm"].flatMap((
          part,
        ) => ["-P", `${cache}/node_analysis_cache_v2${part}`]),
        ...["-e", "trace=openat,fcntl,pread64,pwrite64"],
        ...["-e", "inject=openat,fcntl,pread64,pwrite64:delay_enter=20000"],
      ],
    };
    await using helper = await startHelper(options);
    for (let i = 0; i < 30; i++) {
      equal(helper.client.lstat("/").errno, 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await helper.finish();
  },
});
