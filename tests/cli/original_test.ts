/** The original and ours, given the same command lines: how they end, and what they do. */
import { deepEqual, equal, notDeepEqual } from "node:assert/strict";
import { S_IFMT, S_IFSOCK } from "../../ffi/constants.ts";
import { Client } from "../../src/client/client.ts";
import { Connection, ConnectionError } from "../../src/client/connection.ts";
import {
  helperPath,
  type Implementation,
  ORIGINAL,
} from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { COMMAND_LINES } from "./command_lines.ts";

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
  Deno.test({
    name: `Both take \`${args}\` ${
      differs ? "each in its way" : "the same way"
    }`,
    ignore: lacking("root", "original").length > 0,
    async fn() {
      const original = await play("original", args);
      const ours = await play("ours", args);
      if (differs === undefined) deepEqual(ours, original);
      else notDeepEqual(ours, original, differs);
    },
  });
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
  const { connection, fd } = Connection.pair();
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
  const child = new Deno.Command(
    implementation === "ours" ? helperPath() : ORIGINAL,
    {
      args,
      env: { DENO: Deno.execPath() },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    },
  ).spawn();
  connection.closeDescriptor(fd);
  try {
    let ended = false;
    const status = child.status.finally(() => ended = true);
    const listens = line.includes("SOCK") &&
      await until(() => isSocket(host, socket), () => ended);
    const made = listens ? host.lstat(socket) : undefined;
    const serves = listens
      ? await servesSocket(socket)
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
    await endAll(base);
  }
}

function isSocket(host: Host, path: string): boolean {
  return host.names(path.slice(0, path.lastIndexOf("/"))).includes("socket") &&
    (host.lstat(path).mode & S_IFMT) === S_IFSOCK;
}

/** Waits for `there`; false where `over` comes first, or after so many tries. */
async function until(
  there: () => boolean,
  over: () => boolean,
  tries = 500,
): Promise<boolean> {
  for (let i = 0; i < tries; i++) {
    if (there()) return true;
    // In the background the first process ends before the socket is there.
    if (over() && i > 20) return there();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

async function servesSocket(path: string): Promise<boolean> {
  // The original's socket has its name before it listens.
  for (let i = 0; i < 100; i++) {
    try {
      using client = new Client(Connection.connect(path));
      return client.lstat("/").errno === 0;
    } catch (error) {
      if (!/ECONNREFUSED/.test(String(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return false;
}

function servesDescriptor(connection: Connection): boolean {
  try {
    return new Client(connection).lstat("/").errno === 0;
  } catch (error) {
    if (error instanceof ConnectionError) return false;
    throw error;
  }
}

/** Ends every process that was started with `base` in its arguments. */
async function endAll(base: string): Promise<void> {
  await new Deno.Command("sh", {
    args: [
      "-c",
      `for dir in /proc/[0-9]*; do
         if [ "\${dir#/proc/}" != $$ ] && tr '\\0' ' ' <$dir/cmdline | grep -qF -- "$0"; then
           kill "\${dir#/proc/}"
         fi
       done 2>/dev/null`,
      base,
    ],
  }).output();
}
