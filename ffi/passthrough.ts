/**
 * The system calls behind FUSE requests, one wrapper each: on descriptors, on
 * one name in a directory, and on what a descriptor stands for, by its magic
 * link. For the last the working directory has to be a `/proc/self/fd`, where
 * "7" is what descriptor 7 stands for.
 *
 * Every wrapper returns the call's result, or a negative errno. None throws,
 * none allocates unless it says so. A 64-bit argument is given as a
 * `BigUint64Array` and an index, as passing on an element of one makes no
 * garbage.
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
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_WRONLY,
  RESOLVE_NO_MAGICLINKS,
  STATX_BASIC_STATS,
  STATX_MNT_ID,
  W_OK,
} from "./constants.ts";
import { NO_ID } from "./credentials.ts";
import { EINVAL, ENOSYS, EPERM } from "./errno.ts";
import { sizeT, STATFS, STATX, USUAL_SIZE } from "./files.ts";
import type { Libc } from "./libc.ts";
import { allocate, type CString, cString, type Fixed } from "./memory.ts";
import {
  AT_REMOVEDIR,
  RESOLVE_BENEATH,
  STATX_BTIME,
  XATTR_SIZE_MAX,
} from "./passthrough_constants.ts";
import { openedFileCalls, type Wide } from "./passthrough_io.ts";
import {
  checker,
  type Done,
  type Errno,
  failed,
  type Fd,
  type Size,
} from "./results.ts";
import { SYS } from "./syscall_numbers.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { PASSTHROUGH_SYMBOLS } from "./symbols/passthrough.ts";
import type { STATUS_SYMBOLS } from "./symbols/status.ts";

declare const component: unique symbol;
/** The address of one component of a path: not empty, without a slash, neither "." nor "..". */
export type Name = CString & { readonly [component]: true };

declare const stated: unique symbol;
/** The status of a file stands in the buffer for it. */
export type Stated = 0 & { readonly [stated]: true };

/** The libc that {@linkcode passthroughCalls} needs. */
export type PassthroughLibc = Libc<
  & typeof DESCRIPTOR_SYMBOLS
  & typeof STATUS_SYMBOLS
  & typeof PASSTHROUGH_SYMBOLS
>;

/** What {@linkcode passthroughCalls} returns. */
export type PassthroughCalls = ReturnType<typeof passthroughCalls>;

const STATX_MASK = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;
/** `struct open_how`: u64 flags, mode, resolve. */
const HOW_SIZE = 24n;
const PATH_FLAGS = O_PATH | O_NOFOLLOW | O_CLOEXEC;

const WHOLE_VALUE = BigInt(XATTR_SIZE_MAX);

/** As a `size_t`, without making one. */
function roomFor(size: number): bigint {
  return size <= USUAL_SIZE ? sizeT(size) : WHOLE_VALUE;
}

/** Binds the calls to `libc`. */
export function passthroughCalls(libc: PassthroughLibc) {
  const c = libc.symbols;
  const check = checker(libc);
  const stat = allocate(libc, STATX.size);
  const fs = allocate(libc, STATFS.size);
  const how = allocate(libc, 24);
  how.words.set([PATH_FLAGS, 0, 0, 0, RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH]);
  const empty = allocate(libc, 4);
  const here = allocate(libc, 4);
  here.bytes.set(cString("."));
  const link = allocate(libc, 16);

  /** The path of `fd` in the working directory; until the next one. */
  function magicLink(fd: Fd): Deno.PointerObject {
    const bytes = link.bytes;
    let rest: number = fd, length = 1;
    for (let n: number = fd; n > 9; n = (n / 10) | 0) length++;
    bytes[length] = 0;
    do {
      bytes[--length] = 0x30 + rest % 10;
      rest = (rest / 10) | 0;
    } while (length > 0);
    return link.pointer;
  }

  const openat2 = (directory: Fd, name: CString): Fd | Errno =>
    check<Fd>(
      c.open_beneath(SYS.openat2, directory, name, how.pointer, HOW_SIZE),
    );

  const openat = (directory: Fd, name: CString): Fd | Errno =>
    check<Fd>(c.open_at(directory, name, PATH_FLAGS, 0));

  /**
   * Opens the file behind an O_PATH descriptor: only ever a regular one, as
   * opening others has effects. O_NONBLOCK means nothing to it, but that a file
   * with a lease, fcntl(2) F_SETLEASE, is refused (EAGAIN) and not waited for:
   * for up to 45 seconds.
   */
  const openFile = (fd: Fd, flags: number): Fd | Errno =>
    check<Fd>(
      c.open_at(AT_FDCWD, magicLink(fd), flags | O_NONBLOCK | O_CLOEXEC, 0),
    );

  /** The kernel is older than 5.6, or a filter around us forbids the call as old container runtimes do. */
  function lacksOpenat2(): boolean {
    const fd = openat2(AT_FDCWD as Fd, here.pointer as CString);
    if (!failed(fd)) c.close(fd);
    return fd === -ENOSYS || fd === -EPERM;
  }

  return {
    ...openedFileCalls(libc),

    /** Where {@linkcode statAt} and {@linkcode stat} put their result; see `STATX` of files.ts. */
    statBuffer: stat as Fixed,
    /** Where {@linkcode statfs} puts its result; see `STATFS` of files.ts. */
    statfsBuffer: fs as Fixed,

    /** Does not report failure: Linux has released the descriptor in any case, close(2). */
    close: (fd: Fd): void => {
      c.close(fd);
    },

    /** What `name` in `directory` is; does not follow a symlink. */
    statAt: (directory: Fd, name: Name): Stated | Errno =>
      check(c.statx(
        directory,
        name,
        AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
        STATX_MASK,
        stat.pointer,
      )),

    /** What `fd` stands for; `sync` is AT_STATX_SYNC_AS_STAT or its like. */
    stat: (fd: Fd, sync: number): Stated | Errno =>
      check(c.statx(
        fd,
        empty.pointer,
        AT_EMPTY_PATH | sync,
        STATX_MASK,
        stat.pointer,
      )),

    statfs: (fd: Fd): Done | Errno => check(c.fstatfs(fd, fs.pointer)),

    /** An O_PATH descriptor of `name` in `directory`, be it a symlink. openat2(2) where there is one. */
    openPath: lacksOpenat2() ? openat : openat2,

    /** An O_PATH descriptor of the file that is open as `fd`. */
    openPathOf: (fd: Fd): Fd | Errno =>
      check(c.open_at(AT_FDCWD, magicLink(fd), O_PATH | O_CLOEXEC, 0)),

    openFile,

    /** Opens a directory by its O_PATH descriptor. */
    openDirectory: (fd: Fd, flags: number): Fd | Errno =>
      check(
        c.open_at(fd, here.pointer, flags | O_DIRECTORY | O_CLOEXEC, 0),
      ),

    /** Makes `name`; `flags` hold O_CREAT and O_EXCL. */
    create: (
      directory: Fd,
      name: Name,
      flags: number,
      mode: number,
    ): Fd | Errno =>
      check(
        c.open_at(directory, name, flags | O_NOFOLLOW | O_CLOEXEC, mode),
      ),

    /** Makes a file without a name; `flags` hold O_TMPFILE. */
    createUnnamed: (
      directory: Fd,
      flags: number,
      mode: number,
    ): Fd | Errno =>
      check(c.open_at(directory, here.pointer, flags | O_CLOEXEC, mode)),

    /** Puts the target of the symlink `fd` to `into`. */
    readLink: (fd: Fd, into: Deno.PointerObject, room: bigint): Size | Errno =>
      check(c.read_link(fd, empty.pointer, into, room)),

    mkdir: (directory: Fd, name: Name, mode: number): Done | Errno =>
      check(c.mkdirat(directory, name, mode)),

    mknod: (
      directory: Fd,
      name: Name,
      mode: number,
      device: number,
    ): Done | Errno =>
      check(c.make_node_at(SYS.mknodat, directory, name, mode, device)),

    symlink: (target: CString, directory: Fd, name: Name): Done | Errno =>
      check(c.symlinkat(target, directory, name)),

    /** Gives the file behind `fd` another name. */
    link: (fd: Fd, directory: Fd, name: Name): Done | Errno =>
      check(
        c.link_at(
          AT_FDCWD,
          magicLink(fd),
          directory,
          name,
          AT_SYMLINK_FOLLOW,
        ),
      ),

    unlink: (directory: Fd, name: Name): Done | Errno =>
      check(c.unlink_at(directory, name, 0)),

    rmdir: (directory: Fd, name: Name): Done | Errno =>
      check(c.unlink_at(directory, name, AT_REMOVEDIR)),

    rename: (
      from: Fd,
      name: Name,
      to: Fd,
      newName: Name,
      flags: number,
    ): Done | Errno =>
      check(c.rename_at(SYS.renameat2, from, name, to, newName, flags)),

    chmod: (fd: Fd, mode: number): Done | Errno =>
      check(c.fchmodat(AT_FDCWD, magicLink(fd), mode, 0)),

    chown: (fd: Fd, uid: number, gid: number): Done | Errno =>
      check(c.own_at(fd, empty.pointer, uid, gid, AT_EMPTY_PATH)),

    /**
     * Whether an owner or a group of the file can't be expressed in the ids of
     * its mount: the kernel writes to no such file, and where there may be
     * other reasons, a chown(2) that changes nothing is refused for this one
     * alone. It clears setuid bits where it is not, so it is not called then.
     */
    refusesChange: (fd: Fd): Done | Errno =>
      c.access_at(
          SYS.faccessat2,
          fd,
          empty.pointer,
          W_OK,
          AT_EACCESS | AT_EMPTY_PATH,
        ) < 0
        ? check(c.own_at(fd, empty.pointer, NO_ID, NO_ID, AT_EMPTY_PATH))
        : 0,

    /** By a descriptor that is open for writing. */
    truncateOpen: (fd: Fd, wide: Wide, at: number): Done | Errno =>
      check(c.truncate_open(fd, wide[at]!)),

    /**
     * By an O_PATH descriptor of a regular file. Not by truncate(2), which
     * waits for whoever has a lease on the file.
     */
    truncate(fd: Fd, wide: Wide, at: number): Done | Errno {
      const file = openFile(fd, O_WRONLY);
      if (failed(file)) return file;
      const result = check<Done>(c.truncate_open(file, wide[at]!));
      c.close(file);
      return result;
    },

    /** `times` points to two `struct timespec`: access, modification. */
    setTimes(fd: Fd, times: Deno.PointerObject): Done | Errno {
      const done = check<Done>(
        c.set_times_at(fd, empty.pointer, times, AT_EMPTY_PATH),
      );
      // Before 5.8 the flag is not known. Otherwise it is the times, and the same once more.
      return done === -EINVAL
        ? check(c.set_times_at(AT_FDCWD, magicLink(fd), times, 0))
        : done;
    },

    /**
     * The length of the value; with `room` 0 nothing is written. `into` has to
     * have XATTR_SIZE_MAX bytes: the kernel is told so where `room` is more
     * than usual.
     */
    getxattr: (
      fd: Fd,
      name: CString,
      into: Deno.PointerObject,
      room: number,
    ): Size | Errno =>
      check(c.getxattr(magicLink(fd), name, into, roomFor(room))),

    /** The length of the list; the same. */
    listxattr: (
      fd: Fd,
      into: Deno.PointerObject,
      room: number,
    ): Size | Errno => check(c.listxattr(magicLink(fd), into, roomFor(room))),

    setxattr: (
      fd: Fd,
      name: CString,
      value: Deno.PointerObject,
      size: number,
      flags: number,
    ): Done | Errno =>
      check(c.setxattr(magicLink(fd), name, value, sizeT(size), flags | 0)),

    removexattr: (fd: Fd, name: CString): Done | Errno =>
      check(c.removexattr(magicLink(fd), name)),
  };
}
