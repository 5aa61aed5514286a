/**
 * Random sequences of requests.
 *
 * What the original cannot be asked, as it would die, hang, or go on as
 * something else, and where instead:
 *
 * - OPEN, CREATE and GETVERSION of a FIFO: it waits for the other end for
 *   ever. FIFOs are made only in sequences of kind `fifos`, where every OPEN
 *   and CREATE has O_NONBLOCK and there is no GETVERSION.
 * - An owner with uid 0 and another gid: it never gets its capabilities back,
 *   and aborts at the next user's file. Only as the last request of a sequence.
 * - An owner with uid −1, or with uid 0 and gid −1: as for uid 0 and another gid,
 *   it has no capabilities from then on. Only as the last request of a sequence,
 *   which it answers without them, while ours is root then, and has them: with
 *   gid −1 that request asks nothing that takes any.
 * - A negative size in READLINK, LGETXATTR, LLISTXATTR: it aborts.
 * - LSETXATTR with a size over its value: it stores what follows on its heap.
 * - OPEN with O_CREAT: it creates the file as root, and the trees part.
 * - O_CREAT with O_DIRECTORY: the kernel refuses the pair before it walks the
 *   path, which ours has walked by then: the atime of a symlink tells.
 * - Unknown types, sizes over 65,536: the connection ends, which is one test
 *   and no sequence.
 * - A full descriptor table: what is passed is closed at once.
 *
 * @module
 */
import {
  O_NOATIME,
  O_TRUNC,
  S_IFBLK,
  S_IFCHR,
  S_IFMT,
  S_ISGID,
} from "../../ffi/constants.ts";
import {
  REQUEST_NAMES,
  type RequestName,
} from "../../src/proxy/wire/protocol.ts";
import type {
  Fields,
  FieldValue,
} from "../unit/src/proxy/handlers/arbitraries.ts";
import {
  createFlags,
  directoryMode,
  type Kind,
  nodeMode,
  openFlags,
  permissions,
} from "./modes.ts";
import { attribute, directoryPath, path, target, value } from "./names.ts";
import type { Random, Weighted } from "./random.ts";
import { type Damage, payloadOf, type Step } from "./step.ts";

export const KINDS: readonly Kind[] = ["plain", "nodes", "fifos"];

/** How often each request comes. */
const WEIGHTS: Readonly<Record<RequestName, number>> = {
  OPEN: 10,
  CREATE: 10,
  MKNOD: 5,
  MKDIR: 8,
  SYMLINK: 6,
  LINK: 4,
  LSTAT: 12,
  READLINK: 5,
  STATFS: 2,
  CHMOD: 4,
  CHOWN: 4,
  TRUNCATE: 4,
  UTIME: 4,
  RENAME: 6,
  REMOVE: 5,
  LGETXATTR: 6,
  LLISTXATTR: 4,
  LSETXATTR: 6,
  LREMOVEXATTR: 3,
  GETVERSION: 4,
};

const CHOICES: readonly Weighted<RequestName>[] = REQUEST_NAMES.map((name) => [
  WEIGHTS[name],
  name,
]);

/** Makes `count` requests of a sequence. */
export function generate(random: Random, kind: Kind, count: number): Step[] {
  return Array.from(
    { length: count },
    (_, index) =>
      index === count - 1 ? lastStep(random, kind) : step(random, kind),
  );
}

function step(random: Random, kind: Kind): Step {
  const chosen = random.weighted(CHOICES);
  const name = kind === "fifos" && chosen === "GETVERSION" ? "LSTAT" : chosen;
  const whole: Step = {
    name,
    fields: FIELDS[name](random, kind),
    damage: { kind: "none" },
  };
  return random.chance(96)
    ? whole
    : { ...whole, damage: damage(random, whole) };
}

function damage(random: Random, whole: Step): Damage {
  return random.weighted<() => Damage>([
    [1, () => ({ kind: "cut", size: 0 })],
    [3, () => ({ kind: "cut", size: random.below(payloadOf(whole).length) })],
    [1, () => ({ kind: "longer", by: 1 + random.below(50) })],
  ])();
}

/** Root with another group, or with no number, which the original survives, but not for long. */
function lastStep(random: Random, kind: Kind): Step {
  const name = random.pick<RequestName>([
    "CREATE",
    "MKNOD",
    "MKDIR",
    "SYMLINK",
  ]);
  const gid = random.pick([1000, 1001, KEEP]);
  const asked = FIELDS[name](random, kind);
  return {
    name,
    fields: {
      ...gid === KEEP ? withoutCapabilities(asked) : asked,
      uid: random.pick([0, KEEP]),
      gid,
    },
    damage: { kind: "none" },
  };
}

/**
 * `fields` without what takes CAP_FSETID, as truncating a setgid file that stays
 * one or making one for a foreign group; CAP_FOWNER, as O_NOATIME; CAP_MKNOD.
 */
function withoutCapabilities(fields: Fields): Fields {
  const { flags, mode } = fields;
  return {
    ...fields,
    ...typeof flags === "number" && { flags: flags & ~(O_TRUNC | O_NOATIME) },
    ...typeof mode === "number" && {
      mode: mode & ~(isDevice(mode) ? S_IFMT | S_ISGID : S_ISGID),
    },
  };
}

/** Whether MKNOD makes a device of `mode`; that of CREATE and MKDIR has no type. */
function isDevice(mode: number): boolean {
  return [S_IFCHR, S_IFBLK].includes(mode & S_IFMT);
}

/** uid and gid of who creates. */
function owner(random: Random): { uid: number; gid: number } {
  const [uid, gid] = random.weighted<readonly [number, number]>([
    [40, [0, 0]],
    [20, [1000, 1000]],
    [15, [1001, 1001]],
    [10, [1000, 1001]],
    [10, [1001, 0]],
    [5, [4_000_000_000, 3_999_999_999]],
    [5, [1000, KEEP]],
  ]);
  return { uid, gid };
}

/** For CHOWN, as it was; for what creates, no number given. */
const KEEP = 0xffffffff;

const FIELDS: Readonly<
  Record<RequestName, (random: Random, kind: Kind) => Fields>
> = {
  OPEN: (random, kind) => ({
    path: path(random),
    flags: openFlags(random, kind),
  }),
  CREATE: (random, kind) => ({
    path: path(random),
    flags: createFlags(random, kind),
    mode: permissions(random),
    ...owner(random),
  }),
  MKNOD: (random, kind) => ({
    ...owner(random),
    path: path(random),
    ...nodeMode(random, kind),
  }),
  MKDIR: (random) => ({
    ...owner(random),
    path: directoryPath(random),
    mode: directoryMode(random),
  }),
  SYMLINK: (random) => ({
    ...owner(random),
    target: target(random),
    path: path(random),
  }),
  LINK: (random) => ({ old: path(random), new: path(random) }),
  LSTAT: (random) => ({ path: path(random) }),
  READLINK: (random) => ({
    path: path(random),
    size: random.pick([0, 1, 2, 3, 100, 4095, 4096, 4096, 4097, 65536]),
  }),
  STATFS: (random) => ({ path: path(random) }),
  CHMOD: (random) => ({ path: path(random), mode: directoryMode(random) }),
  CHOWN: (random) => ({
    path: path(random),
    uid: random.pick([0, 1000, 1001, 4_000_000_000, KEEP]),
    gid: random.pick([0, 1000, 1001, KEEP]),
  }),
  TRUNCATE: (random) => ({
    path: path(random),
    size: random.pick([0n, 1n, 10n, 4096n, 9999n, 1n << 62n, -1n, -1n << 63n]),
  }),
  UTIME: (random) => ({
    path: path(random),
    atimeSeconds: seconds(random),
    atimeNanoseconds: nanoseconds(random),
    mtimeSeconds: seconds(random),
    mtimeNanoseconds: nanoseconds(random),
  }),
  RENAME: (random) => ({ old: path(random), new: path(random) }),
  REMOVE: (random) => ({ path: path(random) }),
  LGETXATTR: (random) => ({
    size: capacity(random),
    path: path(random),
    name: attribute(random),
  }),
  LLISTXATTR: (random) => ({ size: capacity(random), path: path(random) }),
  LSETXATTR: (random) => {
    const bytes = value(random);
    return {
      path: path(random),
      name: attribute(random),
      value: bytes,
      size: random.chance(85) ? bytes.length : random.below(bytes.length + 1),
      // XATTR_CREATE, XATTR_REPLACE, both, and neither.
      flags: random.weighted([[60, 0], [15, 1], [15, 2], [5, 3], [5, 4]]),
    };
  },
  LREMOVEXATTR: (random) => ({ path: path(random), name: attribute(random) }),
  GETVERSION: (random) => ({ path: path(random) }),
};

/** Far from now, as times near it count as "now": 1901 to beyond what any file system can store. */
function seconds(random: Random): FieldValue {
  return random.pick([
    0n,
    1n,
    -1n,
    -(1n << 31n),
    1_000_000_000n,
    1n << 32n,
    1n << 33n,
    1n << 40n,
  ]);
}

/** UTIME_NOW and UTIME_OMIT, utimensat(2). */
const NOW = 0x3fffffffn, OMIT = 0x3ffffffen;

function nanoseconds(random: Random): FieldValue {
  return random.weighted([
    [40, 0n],
    [30, 999_999_999n],
    [10, NOW],
    [10, OMIT],
    [5, 1_000_000_000n],
    [5, -1n],
  ]);
}

/** How much QEMU has room for; 0 asks for the length. */
function capacity(random: Random): number {
  return random.weighted([[30, 0], [5, 1], [10, 9], [50, 4096], [5, 65536]]);
}
