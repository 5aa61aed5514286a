/**
 * Workloads: what the load client asks over and over. There is one for each
 * kind of request, together with the requests that undo it, and one for the mix.
 *
 * @module
 */
import type { Sequences, Step } from "./sequences.ts";
import type { Prepared } from "./load.ts";
import { type Kind, kindIndex, KINDS, MIX } from "./mix.ts";
import { randomNumbers, shuffled } from "./statistics.ts";

/** Requests in order, to be repeated from the start. */
export interface Workload {
  readonly name: string;
  readonly requests: readonly Prepared[];
  /** The kind of each: its place in KINDS, or {@linkcode UNCOUNTED}. */
  readonly kinds: readonly number[];
}

/** For a request that only undoes another. */
export const UNCOUNTED = -1;

/** How many files are used in turn: one inode alone would not be typical. */
const NAMES = 16;

/** Kinds that undo another one: they are counted in its workload, and have none of their own. */
const COMPANIONS: readonly Kind[] = [
  "REMOVE",
  "REMOVE, directory",
  "LREMOVEXATTR",
];

/** One workload for each kind, or pair of kinds that undo each other. */
export function kindWorkloads(sequences: Sequences): Workload[] {
  return KINDS.filter((kind) => !COMPANIONS.includes(kind)).map((kind) =>
    workload(
      kind,
      Array.from({ length: NAMES }, (_, n) => sequences.make(kind, n)).flat(),
    )
  );
}

/**
 * Some thousand requests in the proportions of the mix, in an order that looks
 * random and is always the same. Requests that undo another one count as the
 * mix's own REMOVE.
 */
export function mixWorkload(sequences: Sequences): Workload {
  const parts: (readonly Step[])[] = [sequences.makeNodeAndRename()];
  for (const [kind, percent] of Object.entries(MIX) as [Kind, number][]) {
    if ([...COMPANIONS, "MKNOD", "RENAME"].includes(kind)) continue;
    const count = Math.round(percent * 10);
    for (let n = 0; n < count; n++) parts.push(sequences.make(kind, n));
  }
  // Each sequence has as many places as steps, and its steps keep their order.
  const places = shuffled(
    parts.flatMap((sequence, at) => sequence.map(() => at)),
    randomNumbers(1),
  );
  const next = parts.map(() => 0);
  return workload(
    "mix",
    places.map((at) => {
      const step = parts[at]![next[at]!]!;
      next[at]!++;
      return { ...step, kind: inMix(step) };
    }),
  );
}

/** In the mix every REMOVE is one, whatever it undoes. */
function inMix({ kind = "REMOVE" }: Step): Kind {
  return kind === "REMOVE, directory" ? "REMOVE" : kind;
}

function workload(name: string, steps: readonly Step[]): Workload {
  return {
    name,
    requests: steps.map(({ request }) => request),
    kinds: steps.map(({ kind }) =>
      kind === undefined ? UNCOUNTED : kindIndex(kind)
    ),
  };
}
