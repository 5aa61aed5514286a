/**
 * The system calls behind QEMU's requests, one wrapper each. All of them are
 * synchronous and on the main thread, as the credentials they depend on
 * belong to that thread alone.
 *
 * Every wrapper returns the call's result, or a negative errno. None throws,
 * none allocates. A path is a pointer to a NUL-ended string.
 *
 * @module
 */
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  F_SETFL,
  FS_IOC_GETVERSION,
  STATX_BASIC_STATS,
  W_OK,
} from "./constants.ts";
import { SYS } from "./syscall_numbers.ts";
import type { Libc } from "./libc.ts";
import { allocate, type CString, cString, type Fixed } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { FILE_SYMBOLS } from "./symbols/files.ts";
import type { STATUS_SYMBOLS } from "./symbols/status.ts";
import {
  checker,
  type Done,
  type Errno,
  type Fd,
  type Size,
} from "./results.ts";

/** The largest size for which {@linkcode sizeT} does not allocate, but the first time. */
export const USUAL_SIZE = 4096;
/** Sizes as BigInts: a call with a number for a 64-bit parameter takes twenty times as long. */
const SIZES: (bigint | undefined)[] = new Array(USUAL_SIZE + 1);

/** `n` as a `size_t`. */
export function sizeT(n: number): bigint {
  return n <= USUAL_SIZE ? SIZES[n] ??= BigInt(n) : BigInt(n);
}

/**
 * `struct statx` (linux/stat.h, 256 bytes, the same on every architecture),
 * as indices of 32-bit words. Words are copied one by one so that no 64-bit
 * number is ever made.
 */
export const STATX = {
  size: 256,
  mask: 0,
  blksize: 1,
  nlink: 4,
  uid: 5,
  gid: 6,
  /** In the lower half of the word. */
  mode: 7,
  ino: 8,
  fileSize: 10,
  blocks: 12,
  atime: 16,
  ctime: 24,
  mtime: 28,
  rdevMajor: 32,
  rdevMinor: 33,
  devMajor: 34,
  devMinor: 35,
  mountId: 36,
} as const;

/** What makes two files the same. */
export interface FileIdentity {
  /** `major:minor`. */
  readonly device: string;
  readonly inode: bigint;
}

/** The 64 bits of a `struct statx` that begin at word `at`. Makes a BigInt: not for the hot path. */
export function wideField(statx: Uint32Array, at: number): bigint {
  return BigInt(statx[at]!) | BigInt(statx[at + 1]!) << 32n;
}

/** Which file a `struct statx` is of. */
export function fileIdentity(statx: Uint32Array): FileIdentity {
  return {
    device: `${statx[STATX.devMajor]}:${statx[STATX.devMinor]}`,
    inode: wideField(statx, STATX.ino),
  };
}

/** `struct statfs` of 64-bit Linux (asm-generic/statfs.h, 120 bytes), as indices of 32-bit words. */
export const STATFS = {
  size: 120,
  type: 0,
  bsize: 2,
  blocks: 4,
  bfree: 6,
  bavail: 8,
  files: 10,
  ffree: 12,
  fsid: 14,
  namelen: 16,
  frsize: 18,
  flags: 20,
} as const;

/** `struct file_handle` (linux/fs.h), as indices of 32-bit words. */
export const HANDLE = {
  /** With the longest content that there is, MAX_HANDLE_SZ. */
  size: 136,
  bytes: 0,
  type: 1,
  content: 2,
} as const;

export type FileCalls = ReturnType<typeof fileCalls>;

export function fileCalls(
  libc: Libc<
    typeof DESCRIPTOR_SYMBOLS & typeof FILE_SYMBOLS & typeof STATUS_SYMBOLS
  >,
) {
  const c = libc.symbols;
  const stat = allocate(libc, STATX.size);
  const fs = allocate(libc, STATFS.size);
  const generation = allocate(libc, 8);
  const handle = allocate(libc, HANDLE.size);
  const mount = allocate(libc, 4);
  const empty = allocate(libc, 4);
  const root = allocate(libc, 4);
  root.bytes.set(cString("/"));
  const check = checker(libc);
  const statx = (fd: number, path: CString, flags: number): Done | Errno =>
    check(c.statx(fd, path, flags, STATX_BASIC_STATS, stat.pointer));

  return {
    /** The path `/`. */
    root: root.pointer as CString,
    /** Where {@linkcode lstat}, {@linkcode stat} and {@linkcode fstat} put their result; see {@linkcode STATX}. */
    statBuffer: stat as Fixed,
    /** Where {@linkcode statfs} puts its result; see {@linkcode STATFS}. */
    statfsBuffer: fs as Fixed,
    /** Where {@linkcode getversion} puts the inode's generation. */
    generationBuffer: generation as Fixed,
    /** Where {@linkcode handle} puts its result; see {@linkcode HANDLE}. */
    handleBuffer: handle as Fixed,
    /** Where {@linkcode handle} puts the id of the file's mount. */
    mountBuffer: mount as Fixed,

    open: (path: CString, flags: number, mode: number): Fd | Errno =>
      check(c.open(path, flags, mode)),

    /** Does not report failure: Linux has released the descriptor in any case, close(2). */
    close: (fd: Fd): void => {
      c.close(fd);
    },

    /** Sets the file status flags of `fd`. */
    setFlags: (fd: Fd, flags: number): Done | Errno =>
      check(c.fcntl(fd, F_SETFL, flags)),

    lstat: (path: CString): Done | Errno =>
      statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT),
    stat: (path: CString): Done | Errno =>
      statx(AT_FDCWD, path, AT_NO_AUTOMOUNT),
    fstat: (fd: Fd): Done | Errno =>
      statx(fd, empty.pointer as CString, AT_EMPTY_PATH),

    statfs: (path: CString): Done | Errno => check(c.statfs(path, fs.pointer)),

    getversion: (fd: Fd): Done | Errno =>
      check(c.ioctl(fd, FS_IOC_GETVERSION, generation.pointer)),

    /** name_to_handle_at(2); follows a final symlink. -EOVERFLOW where the content takes more than `room` bytes. */
    handle(path: CString, room: number): Done | Errno {
      handle.words[HANDLE.bytes] = room;
      return check(
        c.name_to_handle_at(
          AT_FDCWD,
          path,
          handle.pointer,
          mount.pointer,
          AT_SYMLINK_FOLLOW,
        ),
      );
    },

    mkdir: (path: CString, mode: number): Done | Errno =>
      check(c.mkdir(path, mode)),

    mknod: (path: CString, mode: number, device: number): Done | Errno =>
      check(c.mknodat(SYS.mknodat, AT_FDCWD, path, mode, device)),

    symlink: (target: CString, path: CString): Done | Errno =>
      check(c.symlink(target, path)),

    link: (from: CString, to: CString): Done | Errno => check(c.link(from, to)),

    /** The number of bytes put into `into`, which has room for `capacity`. */
    readlink: (
      path: CString,
      into: Deno.PointerObject,
      capacity: bigint,
    ): Size | Errno => check(c.readlink(path, into, capacity)),

    chmod: (path: CString, mode: number): Done | Errno =>
      check(c.chmod(path, mode)),

    lchown: (path: CString, uid: number, gid: number): Done | Errno =>
      check(c.lchown(path, uid, gid)),

    /** Whether the file behind `fd`, which may be an O_PATH descriptor, may be written to, faccessat2(2). */
    fwritable: (fd: Fd): Done | Errno =>
      check(
        c.faccessat2(
          SYS.faccessat2,
          fd,
          empty.pointer,
          W_OK,
          AT_EACCESS | AT_EMPTY_PATH,
        ),
      ),

    /** Of the file behind `fd`, which may be of any type and an O_PATH descriptor. */
    fchown: (fd: Fd, uid: number, gid: number): Done | Errno =>
      check(c.fchownat(fd, empty.pointer, uid, gid, AT_EMPTY_PATH)),

    truncate: (path: CString, length: bigint): Done | Errno =>
      check(c.truncate(path, length)),

    /** `times` points to two `struct timespec`: access, modification. */
    utimens: (path: CString, times: Deno.PointerObject): Done | Errno =>
      check(c.utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW)),

    rename: (from: CString, to: CString): Done | Errno =>
      check(c.rename(from, to)),

    /** remove(3): a file or an empty directory. */
    remove: (path: CString): Done | Errno => check(c.remove(path)),

    /** The length of the value; with `capacity` 0 nothing is written. */
    lgetxattr: (
      path: CString,
      name: CString,
      into: Deno.PointerObject,
      capacity: bigint,
    ): Size | Errno => check(c.lgetxattr(path, name, into, capacity)),

    /** The length of the list; with `capacity` 0 nothing is written. */
    llistxattr: (
      path: CString,
      into: Deno.PointerObject,
      capacity: bigint,
    ): Size | Errno => check(c.llistxattr(path, into, capacity)),

    lsetxattr: (
      path: CString,
      name: CString,
      value: Deno.PointerObject,
      size: number,
      flags: number,
    ): Done | Errno =>
      check(c.lsetxattr(path, name, value, sizeT(size), flags)),

    lremovexattr: (path: CString, name: CString): Done | Errno =>
      check(c.lremovexattr(path, name)),
  };
}
