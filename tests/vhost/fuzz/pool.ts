/**
 * What a fuzzed guest knows: nodes and handles that it was given, some of which
 * it has given back, and names.
 *
 * @module
 */
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import type { Random } from "../../differential/random.ts";

/** So many of each are remembered; the oldest is forgotten without a word. */
const MOST = 48;

const ENCODER = new TextEncoder();

/** Names that meet often, and such as no file has. */
const NAMES = [
  ...["a", "b", "c", "d", "file", "directory", "n".repeat(255)],
].map((name) => ENCODER.encode(name));

const WRONG_NAMES = [
  ...["", ".", "..", "/", "../secrets", "../secrets/file", "a/b", "/etc"],
  ...["n".repeat(256), "n".repeat(4096), "./a", "..a", "a/", "a\0b", "...."],
].map((name) => ENCODER.encode(name)).concat(
  new Uint8Array([0xff, 0xfe, 0x80]),
  new Uint8Array([0x2e, 0x2e, 0x2f, 0xc0, 0xaf]),
);

/** Numbers at which something ends. */
export const EDGES = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 15n, 16n, 255n, 256n, 4095n, 4096n, 65535n],
  ...[65536n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 32n],
  ...[(1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, 1n << 63n],
  ...[(1n << 64n) - 4096n, (1n << 64n) - 1n],
];

/** What is remembered, each apart from the others. */
export type Kind = "tree" | "regular" | "other" | "files" | "directories";

/** Kinds of nodes: directories, regular files, and what is neither. */
const NODES = ["tree", "regular", "other"] as const;
/** Kinds of handles. */
const HANDLES = ["files", "directories"] as const;

/** What the guest knows. */
export class Pool {
  readonly #all: Record<Kind, bigint[]> = {
    tree: [],
    regular: [],
    other: [],
    files: [],
    directories: [],
  };

  constructor(readonly random: Random) {}

  /** A new mount. */
  clear(): void {
    for (const some of Object.values(this.#all)) some.length = 0;
  }

  add(kind: Kind, value: bigint): void {
    const some = this.#all[kind];
    if (some.length < MOST) some.push(value);
    else some[this.random.below(MOST)] = value;
  }

  /** A node: mostly one that is known, and of the kind that is needed. */
  node(kind: (typeof NODES)[number] = this.random.pick(NODES)): bigint {
    const { random } = this;
    if (kind === "tree" && random.chance(25)) return BigInt(ROOT);
    return this.#pick(kind, NODES) ?? BigInt(ROOT);
  }

  /** The handle of a file. */
  file(): bigint {
    return this.#pick("files", HANDLES) ?? this.random.pick(EDGES);
  }

  /** The handle of a directory. */
  directory(): bigint {
    return this.#pick("directories", HANDLES) ?? this.random.pick(EDGES);
  }

  /** It is given back: mostly the guest knows that, too. */
  gone(value: bigint): void {
    if (this.random.chance(10)) return;
    for (const some of Object.values(this.#all)) {
      const at = some.indexOf(value);
      if (at >= 0) some.splice(at, 1);
    }
  }

  name(): Uint8Array<ArrayBuffer> {
    return this.random.chance(94)
      ? this.random.pick(NAMES)
      : this.random.pick(WRONG_NAMES);
  }

  /** A number of a file's offsets and sizes. */
  offset(): bigint {
    const { random } = this;
    return random.chance(80) ? BigInt(random.below(20000)) : random.pick(EDGES);
  }

  /** Of the right kind, of another, or near one of them. */
  #pick(right: Kind, kinds: readonly Kind[]): bigint | undefined {
    const { random } = this;
    const choice = random.below(100);
    const some = this.#all[choice < 90 ? right : random.pick(kinds)];
    if (some.length === 0) return undefined;
    const value = random.pick(some);
    return choice < 96 ? value : this.#near(value);
  }

  /** Another generation, another slot, or any number. */
  #near(value: bigint): bigint {
    const { random } = this;
    switch (random.below(4)) {
      case 0:
        return value ^ 1n << BigInt(random.below(64));
      case 1:
        return value + (1n << 32n);
      case 2:
        return value + BigInt(random.below(2000));
      default:
        return random.pick(EDGES);
    }
  }
}
