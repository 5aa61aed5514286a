/** The original and ours, given the same command lines: how they end, and what they do. */
import { deepEqual, equal, notDeepEqual } from "node:assert/strict";
import { S_IFMT, S_IFSOCK } from "../../ffi/constants.ts";
import { Client } from "../../src/proxy/client/client.ts";
import {
  type Connection,
  ConnectionError,
} from "../../src/proxy/client/connection.ts";
import { connectionPair, connectTo } from "../support/connections.ts";
import {
  helperPath,
  type Implementation,
  ORIGINAL,
} from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { until } from "../support/processes.ts";
import { RunningProgram } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { COMMAND_LINES } from "./command_lines.ts";

const test = testsThatNeed("root", "original");

/** What can be seen of a run. */
interface Outcome {
  /** Exit status of the process that was started; 0 or not is what scripts look at. */
  readonly succeeded: boolean;
  /** Whether it answered a request. */
  readonly serves: boolean;
  /**
   * Owner of the socket that it made. (The original gives it mode 0770 and leaves its
   * name behind, ours has 0660 and removes it.)
   */
  readonly socket: string | undefined;
}

for (const { args, differs } of COMMAND_LINES) {
  test(
    `Both take \`${args}\` ${differs ? "each in its way" : "the same way"}`,
    async () => {
      const original = await play("original", args);
      const ours = await play("ours", args);
      if (differs === undefined) deepEqual(ours, original);
      else notDeepEqual(ours, original, differs);
    },
  );
}

Deno.test("There are at least sixty command lines", () => {
  equal(COMMAND_LINES.length >= 60, true);
});

async function play(
  implementation: Implementation,
  line: string,
): Promise<Outcome> {
  using directory = workspace();
  using host = new Host();
  const base = directory.path;
  Deno.mkdirSync(`${base}/export`);
  Deno.writeTextFileSync(`${base}/file`, "");
  const { connection, fd } = connectionPair();
  const socket = `${base}/socket`;
  const words: Record<string, string> = {
    DIRNAME: "export",
    DIR: `${base}/export`,
    SOCK: socket,
    FD: String(fd),
    FILE: `${base}/file`,
    TAKEN: `${base}/file`,
    GONE: `${base}/gone`,
  };
  const args = line.split(" ").filter(Boolean).map((arg) =>
    arg.replace(/DIRNAME|DIR|SOCK|FD|FILE|TAKEN|GONE/g, (word) => words[word]!)
  );
  const program = implementation === "ours" ? helperPath() : ORIGINAL;
  await using helper = new RunningProgram([program, ...args]);
  connection.closeDescriptor(fd);
  try {
    let ended = false;
    const status = helper.status.finally(() => ended = true);
    // In the background the first process ends before the socket is there.
    const over = () => ended && helper.mark.pids().length === 0;
    const listens = line.includes("SOCK") &&
      await holdsBefore(over, () => isSocket(host, socket));
    const made = listens ? host.lstat(socket) : undefined;
    const serves = listens
      // The original's socket has its name before it listens.
      ? await holdsBefore(over, () => servesSocket(socket))
      : servesDescriptor(connection);
    connection.close();
    const { success } = await status;
    return {
      succeeded: success,
      serves,
      socket: made && `${made.uid}:${made.gid}`,
    };
  } finally {
    connection.close();
  }
}

function isSocket(host: Host, path: string): boolean {
  return host.names(path.slice(0, path.lastIndexOf("/"))).includes("socket") &&
    (host.lstat(path).mode & S_IFMT) === S_IFSOCK;
}

/** Whether `holds` comes to hold before, or when, all is over. */
async function holdsBefore(
  over: () => boolean,
  holds: () => boolean,
): Promise<boolean> {
  let held = false;
  await until("a socket, or the end of the helper", () => {
    const last = over();
    held = holds();
    return held || last;
  });
  return held;
}

/** Whether a request is answered; false where nobody listens. */
function servesSocket(path: string): boolean {
  try {
    using client = new Client(connectTo(path));
    return client.lstat("/").errno === 0;
  } catch (error) {
    if (/ECONNREFUSED/.test(String(error))) return false;
    throw error;
  }
}

function servesDescriptor(connection: Connection): boolean {
  try {
    return new Client(connection).lstat("/").errno === 0;
  } catch (error) {
    if (error instanceof ConnectionError) return false;
    throw error;
  }
}
