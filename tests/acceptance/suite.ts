/**
 * One suite for two programs: each test here runs on ours and on the original,
 * in a new directory with a new helper, and says nothing of which it is. What
 * may differ stands in {@linkcode ./differences.ts}.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { S_IFBLK, S_IFCHR, S_IFSOCK } from "../../ffi/constants.ts";
import type { Answer, Client } from "../../src/proxy/client/client.ts";
import {
  type Connection,
  ConnectionError,
} from "../../src/proxy/client/connection.ts";
import { type Implementation, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { makedev } from "../support/host_stat.ts";
import { type Need, testsThatNeed } from "../support/requirements.ts";
import { done, outcome } from "../support/said.ts";
import { System } from "../support/system.ts";
import { workspace } from "../support/workspace.ts";
import {
  ABORTED,
  difference,
  type DifferenceName,
  NOT_ASKED,
  TRAPPED,
} from "./differences.ts";

/** The two, in the order in which they run. */
export const IMPLEMENTATIONS: readonly Implementation[] = ["ours", "original"];

/** What a test may want besides a helper and its export. */
interface Setup {
  /** What the machine must have, besides root and the program. */
  readonly needs?: readonly Need[];
  /** Before the helper starts: mounts, say, which it would not see later. What is returned goes after it. */
  readonly prepare?: (place: Place) => Disposable | void;
}

/** What every test of an implementation needs. */
export function needsOf(implementation: Implementation): Need[] {
  return implementation === "original" ? ["root", "original"] : ["root"];
}

type Test = (trial: Trial) => void | Promise<void>;

/** The host's view of the export. */
export interface Place {
  readonly host: Host;
  readonly system: System;
  /** The host's path of `name`, as the helper's clients call it. */
  path(name: string): string;
}

/** Makes what many tests ask about: a file of each type, and symlinks to the file, to nothing and to itself. */
export function prepareFiles({ host, path }: Place): void {
  Deno.writeTextFileSync(path("file"), "content");
  host.chmod(path("file"), 0o644);
  Deno.mkdirSync(path("directory"));
  host.symlink("file", path("link"));
  host.symlink("nothing", path("dangling"));
  host.symlink("loop", path("loop"));
  host.mkfifo(path("fifo"));
  host.mknod(path("socket"), S_IFSOCK | 0o666);
  host.mknod(path("null"), S_IFCHR | 0o666, makedev(1, 3));
  host.mknod(path("block"), S_IFBLK | 0o666, makedev(250, 99));
}

/** A test that runs, and the helper that it is about. */
export interface Trial extends Place {
  readonly client: Client;
  readonly connection: Connection;
  readonly pid: number;
  /** Holds what `ask` comes to against the table of differences. */
  differs(name: DifferenceName, ask: () => Answer<unknown> | string): void;
  /** The descriptor that was passed, until the end of the scope. */
  opened(answer: Answer<number>): { readonly fd: number } & Disposable;
  /** Closes a descriptor that may have been passed: the answer alone matters. */
  closed(answer: Answer<number>): Answer<number>;
  /** Ends the connection. Returns how the helper ended, as in `exit 0`, and what it had to say. */
  stop(): Promise<{ readonly ending: string; readonly output: string }>;
}

/**
 * What defines one test for each implementation. To be called `test`:
 * `const test = forEachImplementation({ needs: ["mount"] });`
 */
export function forEachImplementation({ needs = [], prepare }: Setup = {}) {
  return (topic: string, test: Test): void => {
    for (const implementation of IMPLEMENTATIONS) {
      testsThatNeed(...needsOf(implementation), ...needs)(
        `${implementation}: ${topic}`,
        () => run(implementation, test, prepare),
      );
    }
  };
}

async function run(
  implementation: Implementation,
  test: Test,
  prepare: Setup["prepare"],
): Promise<void> {
  using directory = workspace();
  using host = new Host();
  using system = new System();
  const place = {
    host,
    system,
    path: (name: string) => `${directory.path}/${name}`,
  };
  using _prepared = prepare?.(place) ?? null;
  await using helper = await startHelper({
    implementation,
    directory: directory.path,
  });
  /** How the helper must end, undefined once the test itself has seen to it. */
  let expectedEnding: string | undefined = "exit 0";
  const end = async () => {
    const { code, signal, output } = await helper.stop();
    return {
      ending: signal === null ? `exit ${code}` : `killed by ${signal}`,
      output,
    };
  };
  const stop = () => {
    expectedEnding = undefined;
    return end();
  };
  const { client, connection, pid } = helper;
  const trial: Trial = {
    ...place,
    client,
    connection,
    pid,
    differs(name, ask) {
      const { [implementation]: expected, reason } = difference(name);
      if (expected === NOT_ASKED) return;
      let actual: string;
      try {
        const answer = ask();
        actual = typeof answer === "string" ? answer : outcome(answer);
      } catch (error) {
        const deadly = expected === ABORTED || expected === TRAPPED;
        if (!(error instanceof ConnectionError) || !deadly) throw error;
        // What it really died of is seen at the end.
        actual = expectedEnding = expected;
      }
      equal(actual, expected, `${name}: ${actual}, but ${reason}`);
    },
    opened(answer) {
      const fd = done(answer);
      return { fd, [Symbol.dispose]: () => host.close(fd) };
    },
    closed(answer) {
      if (answer.value !== undefined) host.close(answer.value);
      return answer;
    },
    stop,
  };
  try {
    await test(trial);
  } catch (error) {
    // A helper that does not answer may not read the end of the stream either.
    if (error instanceof ConnectionError) helper.kill("SIGKILL");
    const { ending, output } = await stop();
    console.error(`The helper ended with ${ending} and said:\n${output}`);
    throw error;
  }
  if (expectedEnding === undefined) return;
  const { ending, output } = await end();
  equal(ending, expectedEnding, `The helper ended with ${ending}:\n${output}`);
}
