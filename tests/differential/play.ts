/**
 * Plays one sequence on two helpers and compares what they answer.
 *
 * @module
 */
import type { Frame } from "../../src/proxy/client/connection.ts";
import { HEADER_SIZE, REQUESTS } from "../../src/proxy/wire/protocol.ts";
import {
  type Implementation,
  type RunningHelper,
  startHelper,
} from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { workspace } from "../support/workspace.ts";
import { assertSurvivable } from "../unit/src/proxy/handlers/survivable.ts";
import { Clock, Pairs } from "./clock.ts";
import { descriptorFacts } from "./descriptors.ts";
import { type Difference, intended } from "./differences.ts";
import {
  type Both,
  both,
  differing,
  type Facts,
  frameFacts,
  type Names,
  wordFacts,
} from "./facts.ts";
import { frameOf, payloadOf, type Step } from "./step.ts";
import { readTree } from "./tree.ts";

/** Where the two parted. */
export interface Parting {
  /** Index of the step, or the number of steps where only the trees differ. */
  readonly index: number;
  readonly step?: Step;
  readonly ours: string;
  readonly original: string;
}

/** What came of a sequence. */
export interface Outcome {
  readonly parting?: Parting;
  /** How often a request had which answer. */
  readonly answers: ReadonlyMap<string, number>;
  readonly intended: ReadonlyMap<Difference, number>;
}

/**
 * The original keeps the supplementary groups that it was started with, and so
 * leaves setgid bits that a user may not have; ours drops them. Started
 * without any, both are the same.
 */
const WITHOUT_GROUPS = ["setpriv", "--clear-groups"];

/** Plays `steps` on ours and on the original, each on a directory of its own. */
export async function play(steps: readonly Step[]): Promise<Outcome> {
  using directory = workspace();
  using host = new Host();
  const start = (implementation: Implementation) => {
    const path = `${directory.path}/${implementation}`;
    Deno.mkdirSync(path);
    return startHelper({
      implementation,
      directory: path,
      wrapper: WITHOUT_GROUPS,
    });
  };
  const names = {
    clock: new Clock(),
    inodes: new Pairs(),
    generations: new Pairs(),
  };
  await using ours = await start("ours");
  await using original = await start("original");
  const answers = new Map<string, number>();
  const found = new Map<Difference, number>();

  for (const [index, step] of steps.entries()) {
    let facts: Both<Facts>;
    try {
      facts = ask(step, { ours, original }, host, names);
    } catch (error) {
      const parting = {
        index,
        step,
        ours: `${error}\n${await lastWords(ours)}`,
        original: await lastWords(original),
      };
      return { parting, answers, intended: found };
    }
    count(answers, `${step.name} ${facts.ours["answer"]}`);
    if (differing(facts).length === 0) continue;
    const difference = intended(step, facts);
    if (difference === undefined) {
      return {
        parting: { index, step, ...shown(facts) },
        answers,
        intended: found,
      };
    }
    count(found, difference);
  }

  const [oursTree, originalTree] = (["ours", "original"] as const).map((name) =>
    readTree(host, `${directory.path}/${name}`, names.clock)
  );
  const parting = compareTrees(steps.length, oursTree!, originalTree!);
  return { ...parting && { parting }, answers, intended: found };
}

/** Sends `step` to both and reads what they answer. */
function ask(
  step: Step,
  helpers: Both<RunningHelper>,
  host: Host,
  names: Names,
): Both<Facts> {
  const bytes = frameOf(step);
  both(helpers, ({ connection }) => connection.send(bytes));
  if (REQUESTS[step.name].reply === "descriptor") {
    return words(step, helpers, host, names);
  }
  const replies = both(
    helpers,
    (helper) => received(helper, ({ connection }) => connection.receiveFrame()),
  );
  assertSurvivable(step.name, payloadOf(step), {
    bytes: whole(replies.ours),
    descriptors: 0,
  });
  if (step.name === "REMOVE" || step.name === "RENAME") {
    // What was the last name of an inode frees its number.
    names.inodes.forget();
    names.generations.forget();
  }
  return frameFacts(step, replies, names);
}

function words(
  step: Step,
  helpers: Both<RunningHelper>,
  host: Host,
  { clock }: Names,
): Both<Facts> {
  const replies = both(
    helpers,
    (helper) => received(helper, ({ connection }) => connection.receiveWord()),
  );
  assertSurvivable(step.name, payloadOf(step), {
    bytes: new Uint8Array(new Int32Array([replies.ours.value]).buffer),
    descriptors: replies.ours.descriptors.length,
  });
  const facts = both(
    replies,
    ({ value, descriptors }) => wordFacts(value, descriptors.length),
  );
  const [mine] = replies.ours.descriptors;
  const [its] = replies.original.descriptors;
  if (mine === undefined || its === undefined) {
    for (const fd of [mine, its]) if (fd !== undefined) host.close(fd);
    return facts;
  }
  const more = descriptorFacts(host, { ours: mine, original: its }, clock);
  return {
    ours: { ...facts.ours, ...more.ours },
    original: { ...facts.original, ...more.original },
  };
}

/** Says whose reply it is that did not come. */
function received<T>(
  helper: RunningHelper,
  receive: (helper: RunningHelper) => T,
): T {
  try {
    return receive(helper);
  } catch (error) {
    throw new Error(`No reply for ${helper.directory}`, { cause: error });
  }
}

/** Ends a helper that may hang. Returns what it has said. */
async function lastWords(helper: RunningHelper): Promise<string> {
  try {
    helper.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  return (await helper.stop()).output;
}

/** The reply as it was sent. */
function whole({ type, payload }: Frame): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + payload.length);
  new DataView(bytes.buffer).setUint32(0, type, true);
  new DataView(bytes.buffer).setUint32(4, payload.length, true);
  bytes.set(payload, HEADER_SIZE);
  return bytes;
}

function compareTrees(
  index: number,
  ours: readonly string[],
  original: readonly string[],
): Parting | undefined {
  if (ours.join("\n") === original.join("\n")) return undefined;
  const only = (lines: readonly string[], others: readonly string[]) =>
    lines.filter((line) => !others.includes(line)).join("\n    ");
  return { index, ours: only(ours, original), original: only(original, ours) };
}

/** What differs, in words. */
function shown(facts: Both<Facts>): Both<string> {
  const names = differing(facts);
  return both(
    facts,
    (one) => names.map((name) => `${name}: ${one[name] ?? "none"}`).join("; "),
  );
}

function count<T>(counts: Map<T, number>, what: T): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
