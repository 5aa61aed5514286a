/**
 * What stat and statfs say of a file, decoded apart from the helper's own
 * code, so that a wrong offset there is seen.
 *
 * @module
 */
import type { Stat, StatFs } from "../../src/proxy/client/client.ts";

/** Bytes of `struct statx`, of which the kernel may one day fill more than it does. */
export const STATX_SIZE = 256;
/** Bytes of `struct statfs`. */
export const STATFS_SIZE = 120;

/** Reads `struct statx` (linux/stat.h). */
export function decodeStat(buffer: Uint8Array): Stat {
  const view = new DataView(buffer.buffer, buffer.byteOffset, STATX_SIZE);
  const u = (at: number) => view.getUint32(at, true);
  const q = (at: number) => view.getBigUint64(at, true);
  const time = (at: number) =>
    view.getBigInt64(at, true) * 1_000_000_000n + BigInt(u(at + 8));
  return {
    dev: makedev(u(136), u(140)),
    ino: q(32),
    nlink: BigInt(u(16)),
    mode: view.getUint16(28, true),
    uid: u(20),
    gid: u(24),
    rdev: makedev(u(128), u(132)),
    size: q(40),
    blksize: BigInt(u(4)),
    blocks: q(48),
    atime: time(64),
    mtime: time(112),
    ctime: time(96),
  };
}

/** Reads `struct statfs` of 64-bit Linux (asm-generic/statfs.h). */
export function decodeStatFs(buffer: Uint8Array): StatFs {
  const view = new DataView(buffer.buffer, buffer.byteOffset, STATFS_SIZE);
  const q = (index: number) => view.getBigUint64(index * 8, true);
  return {
    type: q(0),
    bsize: q(1),
    blocks: q(2),
    bfree: q(3),
    bavail: q(4),
    files: q(5),
    ffree: q(6),
    fsid: q(7),
    namelen: q(8),
    frsize: q(9),
  };
}

/** A device number as makedev(3) of glibc and musl lays it out. */
export function makedev(major: number, minor: number): bigint {
  const [x, y] = [BigInt(major), BigInt(minor)];
  return (x & 0xfffff000n) << 32n | (x & 0xfffn) << 8n |
    (y & 0xffffff00n) << 12n | y & 0xffn;
}
