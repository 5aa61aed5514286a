/**
 * Has Deno write down which permissions the tests ask for.
 *
 * @module
 */
import { outputOf, startChild } from "../program/children.ts";

/**
 * Arguments: a directory and a file for the log. Deno empties the log that is
 * named in its environment when it starts, and tests start Deno again. So the
 * name leads to a pipe, and to /dev/null once the first Deno has opened it.
 */
const READER = `
  exec 4>"$2" && cd "$1" || exit
  mkfifo pipe && ln -s pipe log && ln -s /dev/null nothing || exit
  echo ready
  exec 3<pipe
  mv -T nothing log
  cat <&3 >&4
`;
/** Ends the reader where no Deno was started. */
const RELEASE = ': >"$1/log"';

/** A log that is being written. */
export interface TestLog {
  /** Variables for the Deno that runs the tests. */
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when the log is whole, after that Deno has ended. */
  end(): Promise<void>;
}

/** @param directory an empty one, for what is needed meanwhile */
export async function startTestLog(
  directory: string,
  file: string,
): Promise<TestLog> {
  const reader = startChild("sh", {
    args: ["-c", READER, "sh", directory, file],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
  const output = reader.stdout.getReader();
  const { done } = await output.read();
  if (done) throw new Error(`Cannot write a log to ${file}`);
  return {
    env: { DENO_AUDIT_PERMISSIONS: `${directory}/log` },
    async end() {
      await outputOf("sh", { args: ["-c", RELEASE, "sh", directory] });
      await output.cancel();
      await reader.status;
    },
  };
}
