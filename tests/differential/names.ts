/**
 * The names that the sequences use: so few that requests keep meeting each
 * other's files, and among them all that a path can be.
 *
 * @module
 */
import type { Random } from "./random.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const utf8 = new TextEncoder();

/** Where most things are: two directories, one inside of the other as well. */
const DIRECTORIES = ["d", "e"];

/** NAME_MAX of every Linux file system, and one more. */
const LONGEST = "n".repeat(255);
const TOO_LONG = "n".repeat(256);

/** Any name, as often a directory's as not. */
function name(random: Random): string {
  return random.weighted([
    [40, () => random.pick(["a", "b", "c"])],
    [40, () => random.pick(DIRECTORIES)],
    [8, () => random.pick(["ä", "with space", "-n", "*"])],
    [2, () => LONGEST],
  ])();
}

/** A clean path with up to three components. */
function plainPath(random: Random): string {
  const depth = random.weighted([[50, 0], [35, 1], [15, 2]]);
  const parents = Array.from(
    { length: depth },
    // At times through something that is no directory, or a symlink to one.
    () => random.chance(85) ? random.pick(DIRECTORIES) : name(random),
  );
  return `/${[...parents, name(random)].join("/")}`;
}

/** A path that a directory is likely to have. */
export function directoryPath(random: Random): Bytes {
  if (!random.chance(70)) return path(random);
  const depth = random.weighted([[60, 1], [30, 2], [10, 3]]);
  const parts = Array.from({ length: depth }, () => random.pick(DIRECTORIES));
  return utf8.encode(`/${parts.join("/")}`);
}

/** Any path. */
export function path(random: Random): Bytes {
  if (random.chance(85)) return utf8.encode(plainPath(random));
  return random.pick(ODD_PATHS)(random);
}

/** What a guest can forge, and QEMU's own spelling of its root. */
const ODD_PATHS: readonly ((random: Random) => Bytes)[] = [
  () => utf8.encode("/"),
  () => utf8.encode(""),
  () => utf8.encode("."),
  () => utf8.encode(".."),
  // Relative, to the export's root.
  (random) => utf8.encode(plainPath(random).slice(1)),
  (random) => utf8.encode(`/${plainPath(random)}`),
  (random) => utf8.encode(`${plainPath(random)}/`),
  (random) => utf8.encode(`${plainPath(random)}/.`),
  (random) => utf8.encode(`${plainPath(random)}/..`),
  (random) => utf8.encode(`/../..${plainPath(random)}`),
  (random) => utf8.encode(plainPath(random).replaceAll("/", "//")),
  (random) => utf8.encode(`/d/..${plainPath(random)}`),
  (random) => utf8.encode(`${plainPath(random)}/${TOO_LONG}`),
  // PATH_MAX is 4,096 with the NUL; more is taken by ours alone, see tests/paths.
  (random) => {
    const path = plainPath(random), room = 4093 - utf8.encode(path).length;
    return utf8.encode(`/d${"/.".repeat(room >> 1)}${path}`);
  },
  () => new Uint8Array(30_000).fill(0x61),
  // No UTF-8.
  () => new Uint8Array([0x2f, 0xff, 0x80]),
  // Cut at the NUL by everybody, or nothing is left.
  (random) => utf8.encode(`${plainPath(random)}\0/x`),
  () => utf8.encode("\0/a"),
];

/** What a symlink points to. */
export function target(random: Random): Bytes {
  return random.weighted<() => Bytes>([
    // Relative: to a neighbour, to itself, to what there is not.
    [40, () => utf8.encode(name(random))],
    [10, () => utf8.encode(`../${name(random)}`)],
    // Absolute: below the export's root, wherever that is on the host.
    [25, () => utf8.encode(plainPath(random))],
    [4, () => utf8.encode("nowhere")],
    [
      8,
      () => utf8.encode(random.pick([".", "..", "/", "/..", "../../../../a"])),
    ],
    [
      3,
      () => new Uint8Array(random.pick([4094, 4095, 4096, 9000])).fill(0x61),
    ],
    [2, () => utf8.encode("")],
    [2, () => utf8.encode("a\0b")],
    [2, () => new Uint8Array([0xff, 0xfe])],
  ])();
}

/** The name of an extended attribute. */
export function attribute(random: Random): Bytes {
  return utf8.encode(random.weighted([
    [60, "user.a"],
    [30, "user.b"],
    [5, "user.ä b"],
    [2, `user.${"x".repeat(250)}`],
    [1, `user.${"x".repeat(251)}`],
    [1, "user."],
    [1, ""],
    [1, "user.a\0b"],
    [1, "nothing"],
    [1, "nothing.a"],
    [2, "trusted.a"],
    [2, "security.capability"],
    [2, "system.posix_acl_access"],
  ]));
}

/** The value of an extended attribute: bytes of any kind. */
export function value(random: Random): Bytes {
  const length = random.weighted([
    [10, 0],
    [30, 1],
    [40, 10],
    [10, 255],
    [5, 256],
    [5, 1000],
    // Over what ext4 has room for, and over XATTR_SIZE_MAX.
    [2, 5000],
  ]);
  return new Uint8Array(length).map(() => random.below(256));
}
