/**
 * What a reply says, apart from what has to differ between two helpers.
 *
 * @module
 */
import { errnoName } from "../../ffi/errno.ts";
import type { Frame } from "../../src/proxy/client/connection.ts";
import { DESCRIPTOR_FOLLOWS } from "../../src/proxy/wire/protocol.ts";
import type { Clock, Pairs } from "./clock.ts";
import { numberOf, quote, type Step } from "./step.ts";

/** Facts by name, in words; `answer` is always among them. */
export type Facts = Record<string, string>;

/** How inodes and their generations are named on both sides. */
export interface Names {
  readonly clock: Clock;
  readonly inodes: Pairs;
  readonly generations: Pairs;
}

/** A reply to `step`, of each helper. */
export interface Both<T> {
  readonly ours: T;
  readonly original: T;
}

/** What `of` makes of each. */
export function both<T, U>(
  { ours, original }: Both<T>,
  of: (one: T) => U,
): Both<U> {
  return { ours: of(ours), original: of(original) };
}

/** 0 as `done`, a negative errno by its name. */
export function outcome(result: number): string {
  return result === 0 ? "done" : result < 0 ? errnoName(-result) : `${result}`;
}

/** What the word says that answers OPEN and CREATE. */
export function wordFacts(value: number, descriptors: number): Facts {
  return {
    answer: value === DESCRIPTOR_FOLLOWS ? "a descriptor" : outcome(value),
    descriptors: String(descriptors),
  };
}

/** What two replies with a header say. */
export function frameFacts(
  step: Step,
  replies: Both<Frame>,
  names: Names,
): Both<Facts> {
  const said = both(replies, (reply) => facts(step, reply, names.clock));
  if (said.ours["answer"] !== "data" || said.original["answer"] !== "data") {
    return said;
  }
  const views = both(replies, ({ payload }) => viewOf(payload));
  if (step.name === "LSTAT") {
    const inodes = both(views, (view) => view.getBigUint64(8, true));
    pair(said, "ino", names.inodes, inodes);
  }
  if (step.name === "GETVERSION") {
    // 32 bits: the original fills the upper half with what lies on its stack.
    pair(said, "generation", names.generations, {
      ours: views.ours.getBigUint64(0, true),
      original: BigInt(views.original.getUint32(0, true)),
    });
  }
  if (step.name === "STATFS") {
    // The original sends the halves as two numbers with a sign, of which QEMU
    // decodes only the first; ours is whole in both.
    said.ours["fsid"] = views.ours.getBigUint64(56, true).toString(16);
    said.original["fsid"] = (
      BigInt(views.original.getUint32(64, true)) << 32n |
      BigInt(views.original.getUint32(56, true))
    ).toString(16);
  }
  return said;
}

/** Facts that have the same name and another value, or none, on the other side. */
export function differing({ ours, original }: Both<Facts>): string[] {
  const names = new Set([...Object.keys(ours), ...Object.keys(original)]);
  return [...names].filter((name) => ours[name] !== original[name]);
}

/** Names both numbers alike if they may be the same thing, or else shows them. */
function pair(
  said: Both<Facts>,
  name: string,
  pairs: Pairs,
  { ours, original }: Both<bigint>,
): void {
  const matched = pairs.match(ours, original) &&
    (ours === 0n) === (original === 0n);
  said.ours[name] = matched ? "paired" : `${ours}, paired with another before`;
  said.original[name] = matched ? "paired" : String(original);
}

function facts(step: Step, { type, payload }: Frame, clock: Clock): Facts {
  const view = viewOf(payload);
  const found: Facts = { type: String(type), bytes: String(payload.length) };
  if (type !== 0) {
    return { ...found, answer: outcome(view.getInt32(0, true)) };
  }
  switch (step.name) {
    case "LSTAT":
      return { ...found, answer: "data", ...statFacts(view, clock) };
    case "STATFS":
      return { ...found, answer: "data", ...statfsFacts(view) };
    case "GETVERSION":
      return { ...found, answer: "data" };
    case "LGETXATTR":
    case "LLISTXATTR":
      if (numberOf(step, "size") === 0) {
        return { ...found, answer: `length ${view.getInt32(0, true)}` };
      }
      return { ...found, answer: "data", value: quote(payload) };
    case "READLINK":
      return { ...found, answer: "data", value: quote(payload) };
    default:
      return { ...found, answer: outcome(view.getInt32(0, true)) };
  }
}

/** `qqq` dev ino nlink, `ddd` mode uid gid, `q`×10. Blocks are given late, when the file system likes. */
function statFacts(view: DataView, clock: Clock): Facts {
  const q = (at: number) => view.getBigUint64(at, true);
  const time = (at: number) =>
    clock.show(view.getBigInt64(at, true) * 1_000_000_000n + q(at + 8));
  return {
    dev: String(q(0)),
    nlink: String(q(16)),
    mode: `0o${view.getUint32(24, true).toString(8)}`,
    uid: String(view.getUint32(28, true)),
    gid: String(view.getUint32(32, true)),
    rdev: String(q(36)),
    size: String(q(44)),
    blksize: String(q(52)),
    atime: time(68),
    mtime: time(84),
    ctime: time(100),
  };
}

/** `q`×11; what is free changes while we look. */
function statfsFacts(view: DataView): Facts {
  const q = (index: number) => String(view.getBigUint64(8 * index, true));
  return {
    type: q(0),
    bsize: q(1),
    blocks: q(2),
    namelen: q(9),
    frsize: q(10),
  };
}

function viewOf(payload: Uint8Array): DataView {
  return new DataView(payload.buffer, payload.byteOffset, payload.length);
}
