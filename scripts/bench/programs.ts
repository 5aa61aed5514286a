/**
 * Programs: what the load client asks over and over. One for each kind of
 * request, with that which undoes it; and the mix.
 *
 * @module
 */
import type { Chains, Step } from "./chains.ts";
import type { Prepared } from "./load.ts";
import { type Kind, kindIndex, KINDS, MIX } from "./mix.ts";
import { randomNumbers, shuffled } from "./statistics.ts";

/** Requests in order, to be repeated from the start. */
export interface Program {
  readonly name: string;
  readonly requests: readonly Prepared[];
  /** As what each of them is counted: its place in KINDS, or {@linkcode UNCOUNTED}. */
  readonly kinds: readonly number[];
}

/** For a request that only undoes another. */
export const UNCOUNTED = -1;

/** Distinct names in turn, so that nothing is measured on one inode alone. */
const NAMES = 16;

/** What undoes a kind and is counted for itself: it needs no program of its own. */
const COMPANIONS: readonly Kind[] = [
  "REMOVE",
  "REMOVE, directory",
  "LREMOVEXATTR",
];

/** One program for each kind, or pair of kinds that undo each other. */
export function kindPrograms(chains: Chains): Program[] {
  return KINDS.filter((kind) => !COMPANIONS.includes(kind)).map((kind) =>
    program(
      kind,
      Array.from({ length: NAMES }, (_, n) => chains.make(kind, n)).flat(),
    )
  );
}

/**
 * Some thousand requests in the proportions of the mix, in an order that looks
 * random and is always the same. What undoes what is the mix's own REMOVE.
 */
export function mixProgram(chains: Chains): Program {
  const parts: (readonly Step[])[] = [chains.makeNodeAndRename()];
  for (const [kind, percent] of Object.entries(MIX) as [Kind, number][]) {
    if ([...COMPANIONS, "MKNOD", "RENAME"].includes(kind)) continue;
    const count = Math.round(percent * 10);
    for (let n = 0; n < count; n++) parts.push(chains.make(kind, n));
  }
  // A chain gets as many places as it has steps, and fills them in its order.
  const places = shuffled(
    parts.flatMap((chain, at) => chain.map(() => at)),
    randomNumbers(1),
  );
  const next = parts.map(() => 0);
  return program(
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

function program(name: string, steps: readonly Step[]): Program {
  return {
    name,
    requests: steps.map(({ request }) => request),
    kinds: steps.map(({ kind }) =>
      kind === undefined ? UNCOUNTED : kindIndex(kind)
    ),
  };
}
