/**
 * Flags of open(2) and modes of files, as QEMU and a hostile guest send them.
 *
 * @module
 */
import {
  O_APPEND,
  O_ASYNC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_DSYNC,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDWR,
  O_TMPFILE_BIT,
  O_TRUNC,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
} from "../../ffi/constants.ts";
import type { Random, Weighted } from "./random.ts";

const O_TMPFILE = O_TMPFILE_BIT | O_DIRECTORY;

/** Reading most of all; 3 is neither reading nor writing, and legal. */
const ACCESS: readonly Weighted<number>[] = [
  [50, 0],
  [20, O_WRONLY],
  [25, O_RDWR],
  [5, 3],
];

/** Each of these is set in so many of a hundred requests. */
const EXTRAS: readonly Weighted<number>[] = [
  [20, O_LARGEFILE],
  [15, O_NONBLOCK],
  [15, O_DIRECTORY],
  [15, O_NOFOLLOW],
  [15, O_TRUNC],
  [10, O_APPEND],
  [5, O_NOATIME],
  [4, O_DIRECT],
  [4, O_EXCL],
  [4, O_NOCTTY],
  [3, O_ASYNC],
  [1, O_DSYNC],
];

function extras(random: Random): number {
  return EXTRAS.reduce(
    (flags, [percent, flag]) => random.chance(percent) ? flags | flag : flags,
    0,
  );
}

/** So that no FIFO makes the original wait. */
function guard(kind: Kind): number {
  return kind === "fifos" ? O_NONBLOCK : 0;
}

/** Flags of OPEN: without O_CREAT. */
export function openFlags(random: Random, kind: Kind): number {
  // These two come alone, as the original obeys them and forgets about the others.
  if (random.chance(3)) {
    return guard(kind) |
      random.pick([O_PATH, O_PATH | O_NOFOLLOW, O_PATH | O_DIRECTORY]);
  }
  if (random.chance(3)) return guard(kind) | O_TMPFILE | O_RDWR;
  return guard(kind) | random.weighted(ACCESS) | extras(random);
}

/** Flags of CREATE: O_CREAT nearly always, and then without O_DIRECTORY. */
export function createFlags(random: Random, kind: Kind): number {
  const flags = guard(kind) | random.weighted(ACCESS) | extras(random);
  return random.chance(95) ? flags & ~O_DIRECTORY | O_CREAT : flags;
}

/** Permission bits, the upper three among them. */
export function permissions(random: Random): number {
  return random.pick([
    0,
    0o600,
    0o644,
    0o666,
    0o700,
    0o755,
    0o777,
    0o4755,
    0o2755,
    0o6777,
    0o1700,
  ]);
}

/**
 * Those of a directory: setgid is passed on to what is made in it. Never
 * sticky and writable by all, where protected_fifos(5) has rules of its own.
 */
export function directoryMode(random: Random): number {
  return random.pick([0, 0o700, 0o755, 0o777, 0o2755, 0o2777, 0o1755, 0o7700]);
}

/** mode and rdev of MKNOD. */
export function nodeMode(
  random: Random,
  kind: Kind,
): { mode: number; rdev: bigint } {
  const type = random.weighted<number>([
    [30, S_IFREG],
    [10, 0],
    // Neither can be made so.
    [3, S_IFDIR],
    [3, S_IFLNK],
    [kind === "fifos" ? 40 : 0, S_IFIFO],
    [kind === "plain" ? 0 : 10, S_IFSOCK],
    [kind === "plain" ? 0 : 10, S_IFCHR],
    [kind === "plain" ? 0 : 10, S_IFBLK],
  ]);
  const rdev = type === S_IFCHR || type === S_IFBLK
    ? random.pick(type === S_IFCHR ? CHARACTER_DEVICES : BLOCK_DEVICES)
    : random.pick([0n, 0x103n, -1n, 1n << 40n]);
  return { mode: type | permissions(random), rdev };
}

/** null, zero, and one that no driver has; the original opens them. */
const CHARACTER_DEVICES = [0x103n, 0x105n, 0xffffffffn, 1n << 32n];
/** None that any driver has. */
const BLOCK_DEVICES = [0xffffffffn, 0xfffn << 8n, -1n];

/** What a sequence makes besides files, directories and symlinks. */
export type Kind =
  /** Nothing: GETVERSION is asked and OPEN has any flags. */
  | "plain"
  /** Device nodes and sockets. */
  | "nodes"
  /** FIFOs too. */
  | "fifos";
