/**
 * Runs programs and collects what their processes of Deno ask permission for,
 * each process's log by itself.
 *
 * Deno empties the file that `DENO_AUDIT_PERMISSIONS` names when it starts, and
 * a child would empty its parent's. So the name leads to a pipe, and to another
 * one as soon as a process has opened it.
 *
 * @module
 */
import { outputOf, startChild } from "../program/children.ts";
import type { Ask } from "./judge.ts";

/** Arguments: a directory, then names for the processes in the order of their start. */
const READER = `
  cd "$1" && shift || exit
  for name do mkfifo -m 666 "$name.pipe" || exit; done
  ln -s "$1.pipe" audit
  echo ready
  while [ $# -gt 0 ]; do
    exec 3<"$1.pipe"
    if [ $# -gt 1 ]; then ln -s "$2.pipe" next; else ln -s /dev/null next; fi
    mv -T next audit
    cat <&3 >"$1.log" &
    shift
  done
  exec 3<&-
  wait
`;
/** Lets the reader go on past processes that were never started. */
const RELEASE = `
  cd "$1" && until [ "$(readlink audit)" = /dev/null ]; do : >audit; done
`;

/** Logs that are being collected. */
export class Collector {
  readonly #directory: string;
  readonly #reader: Deno.ChildProcess;

  private constructor(directory: string, reader: Deno.ChildProcess) {
    this.#directory = directory;
    this.#reader = reader;
  }

  /**
   * @param directory an empty one; `NAME.log` will be in it
   * @param names of the processes of Deno, in the order of their start; what
   * starts after them is not heard
   */
  static async start(
    directory: string,
    names: readonly string[],
  ): Promise<Collector> {
    const reader = startChild("sh", {
      args: ["-c", READER, "sh", directory, ...names],
      stdin: "null",
      stdout: "piped",
    });
    // It says when there is something to open.
    const stream = reader.stdout.getReader();
    await stream.read();
    stream.releaseLock();
    return new Collector(directory, reader);
  }

  /** Variables for the first process; the others inherit them. */
  get env(): Record<string, string> {
    return { DENO_AUDIT_PERMISSIONS: `${this.#directory}/audit` };
  }

  /** Resolves when the logs are whole: all processes that have one have ended. */
  async end(): Promise<void> {
    await outputOf("sh", {
      args: ["-c", RELEASE, "sh", this.#directory],
      stdin: "null",
    });
    await this.#reader.stdout.cancel();
    await this.#reader.status;
  }
}

/** Parses a log. */
export function parseLog(text: string): Ask[] {
  return text.split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Ask)
    .map(({ permission, value }) => ({ permission, value }));
}
