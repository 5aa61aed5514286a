/**
 * One suite for two programs: each test here runs on ours and on the original,
 * in a new directory with a new helper, and says nothing of which it is. What
 * may differ stands in {@linkcode ./differences.ts}.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import type { Answer, Client } from "../../src/proxy/client/client.ts";
import {
  type Connection,
  ConnectionError,
} from "../../src/proxy/client/connection.ts";
import {
  type Implementation,
  type RunningHelper,
  startHelper,
} from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { lacking, type Need } from "../support/requirements.ts";
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

/** The host's view of the export. */
export interface Place {
  readonly host: Host;
  readonly system: System;
  /** The host's path of `name`, as the helper's clients call it. */
  path(name: string): string;
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

/** Defines one test for each implementation. */
export function forEachImplementation(
  topic: string,
  test: (trial: Trial) => void | Promise<void>,
  setup: Setup = {},
): void {
  for (const implementation of IMPLEMENTATIONS) {
    const needs: Need[] = [
      "root",
      ...(implementation === "original" ? ["original" as const] : []),
      ...(setup.needs ?? []),
    ];
    Deno.test({
      name: `${implementation}: ${topic}`,
      ignore: lacking(...needs).length > 0,
      fn: () => run(implementation, test, setup),
    });
  }
}

async function run(
  implementation: Implementation,
  test: (trial: Trial) => void | Promise<void>,
  { prepare }: Setup,
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
  const trial = new RunningTrial(implementation, place, helper);
  try {
    await test(trial);
  } catch (error) {
    // A helper that does not answer may not read the end of the stream either.
    if (error instanceof ConnectionError) helper.kill("SIGKILL");
    const { ending, output } = await trial.stop();
    console.error(`The helper ended with ${ending} and said:\n${output}`);
    throw error;
  }
  await trial.finish();
}

class RunningTrial implements Trial {
  readonly host: Host;
  readonly system: System;
  readonly client: Client;
  readonly connection: Connection;
  readonly pid: number;
  /** How the helper must end, undefined once the test itself has seen to it. */
  #expected: string | undefined = "exit 0";

  constructor(
    readonly implementation: Implementation,
    readonly place: Place,
    readonly helper: RunningHelper,
  ) {
    this.host = place.host;
    this.system = place.system;
    this.client = helper.client;
    this.connection = helper.connection;
    this.pid = helper.pid;
  }

  // Properties, as tests take a trial apart.
  path = (name: string): string => this.place.path(name);

  differs = (
    name: DifferenceName,
    ask: () => Answer<unknown> | string,
  ): void => {
    const { [this.implementation]: expected, reason } = difference(name);
    if (expected === NOT_ASKED) return;
    const deadly = expected === ABORTED || expected === TRAPPED;
    let actual: string;
    try {
      const answer = ask();
      actual = typeof answer === "string" ? answer : outcome(answer);
    } catch (error) {
      if (!(error instanceof ConnectionError) || !deadly) throw error;
      // What it really died of is seen at the end.
      actual = this.#expected = expected;
    }
    equal(actual, expected, `${name}: ${actual}, but ${reason}`);
  };

  opened = (answer: Answer<number>): { readonly fd: number } & Disposable => {
    const fd = done(answer);
    return { fd, [Symbol.dispose]: () => this.host.close(fd) };
  };

  closed = (answer: Answer<number>): Answer<number> => {
    if (answer.value !== undefined) this.host.close(answer.value);
    return answer;
  };

  stop = (): Promise<{ ending: string; output: string }> => {
    this.#expected = undefined;
    return this.#end();
  };

  async finish(): Promise<void> {
    const expected = this.#expected;
    if (expected === undefined) return;
    const { ending, output } = await this.#end();
    equal(ending, expected, `The helper ended with ${ending}:\n${output}`);
  }

  async #end(): Promise<{ ending: string; output: string }> {
    const { code, signal, output } = await this.helper.stop();
    return {
      ending: signal === null ? `exit ${code}` : `killed by ${signal}`,
      output,
    };
  }
}
