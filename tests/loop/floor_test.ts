/** The system calls of a request: no more than its work needs. */
import { equal, ok } from "node:assert/strict";
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from "../../ffi/constants.ts";
import type { Answer } from "../../src/proxy/client/client.ts";
import { type RunningHelper, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { lacking } from "../support/requirements.ts";
import { done } from "../support/said.ts";
import { workspace } from "../support/workspace.ts";

type Client = RunningHelper["client"];

/** What malloc(3) and the garbage collector ask for, whenever they like. */
const MEMORY = [
  ...["brk", "mmap", "munmap", "mremap", "mprotect", "pkey_mprotect"],
  ...["madvise", "membarrier", "prctl"],
];
/**
 * A turn of the event loop: after a while of requests, and where the peer was
 * so slow that the next one is waited for on another thread, which is started
 * if there is none left. The clock is a call where the kernel has no vDSO for it.
 */
const TURN = [
  ...["futex", "epoll_wait", "epoll_pwait", "epoll_ctl", "read", "write"],
  ...["poll", "getpid", "gettid", "sched_yield", "sched_getaffinity"],
  ...["clone", "clone3", "rt_sigprocmask", "restart_syscall"],
  "clock_gettime",
];
const RUNTIME = new Set([...MEMORY, ...TURN]);

/** Each twice: the second time is a question, as the first does not tell failure. */
const AS_USER = ["setfsgid", "setfsgid", "setfsuid", "setfsuid", "capset"];
const BACK = ["setfsuid", "setfsuid", "setfsgid", "setfsgid"];

interface Case {
  readonly what: string;
  readonly ask: (client: Client) => Answer<unknown>;
  /** Between the receipt and the answer. */
  readonly calls: readonly string[];
  /** How the answer is sent. */
  readonly answer?: readonly string[];
}

const PASSED = ["sendmsg", "close"];

const CASES: readonly Case[] = [
  {
    what: "LSTAT",
    ask: (client) => client.lstat("/directory/file"),
    calls: ["statx"],
  },
  {
    what: "LSTAT of nothing",
    ask: (client) => client.lstat("/directory/nothing"),
    calls: ["statx"],
  },
  {
    what: "GETVERSION",
    ask: (client) => client.getversion("/directory/file"),
    calls: ["name_to_handle_at"],
  },
  { what: "STATFS", ask: (client) => client.statfs("/"), calls: ["statfs"] },
  {
    what: "OPEN",
    ask: (client) => closed(client, client.open("/directory/file", O_RDONLY)),
    calls: ["open", "statx", "fcntl"],
    answer: PASSED,
  },
  {
    what: "OPEN of a directory as such",
    ask: (client) =>
      closed(client, client.open("/directory", O_RDONLY | O_DIRECTORY)),
    calls: ["open"],
    answer: PASSED,
  },
  {
    what: "CREATE for a user",
    ask: (client) =>
      closed(client, client.create("/made", O_CREAT | O_RDWR, 0o600, 7, 8)),
    calls: [...AS_USER, "open", "statx", "fcntl", ...BACK],
    answer: PASSED,
  },
  {
    what: "CREATE for root",
    ask: (client) =>
      closed(client, client.create("/made", O_CREAT | O_WRONLY, 0o600, 0, 0)),
    calls: ["open", "statx", "fcntl"],
    answer: PASSED,
  },
  {
    what: "CREATE of a new file for a user",
    ask: (client) => {
      const flags = O_CREAT | O_EXCL | O_RDWR;
      const answer = closed(client, client.create("/new", flags, 0o600, 7, 8));
      done(client.remove("/new"));
      return answer;
    },
    calls: [...AS_USER, "open", ...BACK],
    answer: [...PASSED, "take", "peek", "unlink", "sendto"],
  },
  {
    what: "MKDIR for a user",
    ask: (client) => client.mkdir("/directory", 0o755, 7, 8),
    calls: [...AS_USER, "mkdir", ...BACK],
  },
  {
    what: "LGETXATTR of nothing",
    ask: (client) => client.lgetxattr("/directory/file", "user.none", 64),
    calls: ["lgetxattr"],
  },
];

function closed(client: Client, answer: Answer<number>): Answer<number> {
  if (answer.value !== undefined) {
    client.connection.closeDescriptor(answer.value);
  }
  return answer;
}

const ROUNDS = 20;

Deno.test({
  name: "No request takes a system call more than its work needs",
  ignore: lacking("root", "strace", "mount").length > 0 || !hasGenerations(),
  async fn() {
    using directory = workspace();
    const log = `${directory.path}.strace`;
    try {
      Deno.mkdirSync(`${directory.path}/directory`);
      Deno.writeTextFileSync(`${directory.path}/directory/file`, "");
      await using helper = await startHelper({
        directory: directory.path,
        args: ["--poll-max-us", "0"],
        wrapper: ["strace", "-o", log],
      });
      const { client } = helper;
      for (const { ask } of CASES) ask(client);
      CASES.forEach(({ ask }, number) => {
        client.lstat(`/begin-${number}`);
        for (let i = 0; i < ROUNDS; i++) ask(client);
      });
      client.lstat(`/begin-${CASES.length}`);
      await helper.stop();
      const lines = Deno.readTextFileSync(log).split("\n");
      CASES.forEach(({ what, calls, answer = ["sendto"] }, number) => {
        const expected = ["peek", ...calls, ...answer, "take"];
        const actual = between(lines, number);
        equal(
          actual,
          Array.from({ length: ROUNDS }, () => expected.join(" ")).join(" "),
          `${what}: ${actual}`,
        );
      });
    } finally {
      Deno.removeSync(log);
    }
  },
});

/**
 * The names of the calls between the answers to two marks, as x86_64 has them,
 * without those of the runtime and without receipts of nothing. What is
 * received is left in the queue until it is answered, and taken then.
 */
function between(lines: readonly string[], number: number): string {
  const mark = (number: number) =>
    lines.findLastIndex((line) =>
      line.startsWith("statx") && line.includes(`/begin-${number}"`)
    );
  const from = mark(number), to = mark(number + 1);
  ok(from >= 0 && to > from);
  return lines.slice(from + 1, to)
    // Not a signal, as in `--- SIGURG`.
    .filter((line) => /^\w+\(/.test(line) && !line.includes("EAGAIN"))
    .map((line) => line.replace(/^recvfrom(?=.*MSG_PEEK)/, "peek"))
    .map((line) => line.slice(0, line.indexOf("(")))
    .filter((name) => !RUNTIME.has(name))
    .map((name) => name.replace(/^(open|mkdir|unlink)at$/, "$1"))
    .map((name) => name.replace("recvfrom", "take"))
    // The end of the first mark, and the receipt of the second.
    .slice(2, -1)
    .join(" ");
}

function hasGenerations(): boolean {
  using directory = workspace();
  using host = new Host();
  return host.generation(directory.path) !== undefined;
}
