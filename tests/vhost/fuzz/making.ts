/**
 * What requests are made of.
 *
 * @module
 */
import type { Opcode } from "../../../src/vhost_user_fs/client/request.ts";
import type { Random } from "../../differential/random.ts";
import { EDGES, type Pool } from "./pool.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A request before it is laid out. */
export interface Made {
  readonly op: Opcode | number;
  readonly nodeid: bigint;
  readonly args: Bytes;
  /** Room for the reply's body. */
  readonly room: number;
}

export type Maker = (pool: Pool, random: Random) => Made;

const O_TRUNC = 0o1000;
/** As many bytes are read and written at most: an answer's place is not much larger. */
export const MOST_DATA = 9000;
export const S_IFMTS = [
  0o010000,
  0o020000,
  0o060000,
  0o100000,
  0o140000,
  0o040000,
];

export function mode(random: Random, ...types: number[]): number {
  const bits = random.chance(90) ? random.below(0o10000) : random.seed();
  return (bits | (types.length > 0 ? random.pick(types) : 0)) >>> 0;
}

export function flags(random: Random): number {
  const access = random.pick([0, 1, 2, 2, 2, 2, 3]);
  // O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NONBLOCK, O_DIRECTORY, O_DIRECT, O_SYNC …
  const more = random.chance(80) ? 0 : 1 << random.below(32);
  return (access | more | (random.chance(5) ? O_TRUNC : 0)) >>> 0;
}

export function size(random: Random): number {
  return random.chance(80)
    ? random.below(MOST_DATA)
    : Number(random.pick(EDGES) & 0xffff_ffffn);
}
