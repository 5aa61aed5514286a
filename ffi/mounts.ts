/**
 * Mounts: clone them, change their attributes, make them the root directory;
 * and what files of the host are.
 *
 * @module
 */
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  AT_SYMLINK_NOFOLLOW,
  CLONE_FS,
  FSCONFIG_CMD_CREATE,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  MOUNT_ATTR_IDMAP,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  MS_PRIVATE,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  STATX_BASIC_STATS,
  STATX_MNT_ID,
} from "./constants.ts";
import { SYS } from "./syscall_numbers.ts";
import { EBADF } from "./errno.ts";
import {
  type FileIdentity,
  fileIdentity,
  STATFS,
  STATX,
  wideField,
} from "./files.ts";
import type { Libc } from "./libc.ts";
import { allocate, cString } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { STATUS_SYMBOLS } from "./symbols/status.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import type { MOUNT_SYMBOLS } from "./symbols/mounts.ts";
import { thrower } from "./system_error.ts";

/** What a directory is, to be compared. */
export interface Place extends FileIdentity {
  /** The mount it was reached by; 0n before Linux 5.8. */
  readonly mount: bigint;
}

/** Whom a file belongs to, as this process sees it. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

function fileOwner(statx: Uint32Array): Owner {
  return { uid: statx[STATX.uid]!, gid: statx[STATX.gid]! };
}

/** What a name stands for. */
interface Identified extends FileIdentity, Owner {
  /** Permission bits. */
  readonly mode: number;
  /** Whether it is a socket, or a regular file. */
  readonly isSocket: boolean;
  readonly isFile: boolean;
}

const EMPTY_ATTRIBUTES = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
  MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/** Everything throws a SystemError on failure. */
export type MountCalls = ReturnType<typeof mountCalls>;

export function mountCalls(
  libc: Libc<
    & typeof DESCRIPTOR_SYMBOLS
    & typeof STATUS_SYMBOLS
    & typeof IO_SYMBOLS
    & typeof MOUNT_SYMBOLS
  >,
) {
  const c = libc.symbols;
  const must = thrower(libc);
  const stat = allocate(libc, STATX.size);
  const fs = allocate(libc, STATFS.size);

  /** Fills `stat`. The empty path is the file behind `fd`. */
  const statx = (
    fd: number,
    path: string,
    flags = path === "" ? AT_EMPTY_PATH : 0,
  ): number => {
    const name = cString(path);
    const mask = STATX_BASIC_STATS | STATX_MNT_ID;
    return c.statx(fd, libc.pointerTo(name), flags, mask, stat.pointer);
  };

  function status(fd: number, path: string): Uint32Array {
    must("statx", statx(fd, path));
    return stat.words;
  }

  function place(fd: number, path: string): Place {
    const w = status(fd, path);
    return {
      ...fileIdentity(w),
      mount: (w[STATX.mask]! & STATX_MNT_ID) === 0
        ? 0n
        : wideField(w, STATX.mountId),
    };
  }

  /**
   * Sets `attributes` on `tree` and on all mounts below it and makes them
   * private, mount_setattr(2), Linux 5.12. A clone of a shared mount is its
   * peer: umount(8) of a mount below it would unmount it in the clone, too.
   */
  function setAttributes(
    tree: number,
    attributes: number,
    userNamespace = 0,
  ): void {
    // struct mount_attr: attr_set, attr_clr, propagation, userns_fd
    const attr = new BigUint64Array([
      BigInt(attributes),
      0n,
      MS_PRIVATE,
      BigInt(userNamespace),
    ]);
    must(
      "mount_setattr",
      c.mount_setattr(
        SYS.mount_setattr,
        tree,
        cString(""),
        AT_EMPTY_PATH | AT_RECURSIVE,
        attr,
        BigInt(attr.byteLength),
      ),
    );
  }

  return {
    /**
     * A private copy of the mount at `path`, and of all mounts below it unless
     * told otherwise, open_tree(2), Linux 5.2, CAP_SYS_ADMIN. The empty path is
     * the directory behind `from`.
     */
    cloneTree: (
      path: string,
      { below = true, from = AT_FDCWD }: {
        readonly below?: boolean;
        readonly from?: number;
      } = {},
    ): number =>
      must(
        "open_tree",
        c.open_tree(
          SYS.open_tree,
          from,
          cString(path),
          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
            (below ? AT_RECURSIVE : 0) | (path === "" ? AT_EMPTY_PATH : 0),
        ),
      ),

    /**
     * A private copy of the mount that the directory behind `fd` is on, with
     * that directory as its root, out of which `..` does not lead. Without what
     * is mounted below, unless the kernel must hide what lies under that, as in
     * a mount namespace that has less rights than the one it was copied from.
     * open_tree(2), Linux 5.2, and mount_setattr(2), 5.12; CAP_SYS_ADMIN.
     */
    cloneDirectory(fd: number): number {
      const clone = (flags: number) =>
        c.open_tree(
          SYS.open_tree,
          fd,
          cString(""),
          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | flags,
        );
      let tree = clone(0);
      if (tree < 0) tree = must("open_tree", clone(AT_RECURSIVE));
      try {
        setAttributes(
          tree,
          MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
        );
      } catch (error) {
        c.close(tree);
        throw error;
      }
      return tree;
    },

    /** The directory `path` itself. */
    openDirectory: (path: string): number =>
      must(
        "open",
        c.openat(AT_FDCWD, cString(path), O_PATH | O_DIRECTORY | O_CLOEXEC, 0),
      ),

    /**
     * What is mounted at `path` below `directory`, looked at and not used: no
     * automounter is woken, and a last symlink is not followed.
     */
    openBelow: (directory: number, path: string): number =>
      must(
        "open",
        // With O_DIRECTORY an automounter would mount.
        c.openat(directory, cString(path), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0),
      ),

    /** Sets MOUNT_ATTR_* on every mount of a cloned tree. */
    setAttributes: (tree: number, attributes: number): void =>
      setAttributes(tree, attributes),

    /**
     * Maps the ids of every mount of a cloned tree by a user namespace: inside
     * of it are the ids on disk, outside those that are seen and set through
     * the mount. EINVAL where a file system can't, EPERM where one is mapped
     * already or belongs to another user namespace; nothing has changed then.
     */
    mapIds: (tree: number, userNamespace: number): void =>
      setAttributes(tree, MOUNT_ATTR_IDMAP, userNamespace),

    /**
     * A file system of our own with nothing in it and no name, fsmount(2),
     * Linux 5.2, CAP_SYS_ADMIN.
     */
    makeEmpty(): number {
      const context = must(
        "fsopen",
        c.fsopen(SYS.fsopen, cString("tmpfs"), FSOPEN_CLOEXEC),
      );
      try {
        must(
          "fsconfig",
          c.fsconfig(SYS.fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0),
        );
        return must(
          "fsmount",
          c.fsmount(SYS.fsmount, context, FSMOUNT_CLOEXEC, EMPTY_ATTRIBUTES),
        );
      } finally {
        c.close(context);
      }
    },

    /** From here on, where the main thread goes the others do not follow: root, working directory, umask. */
    partFromThreads: (): void => {
      must("unshare", c.unshare(CLONE_FS));
    },

    /** Makes `directory` the root and the working directory of the main thread and of all that share them. */
    enter(directory: number): void {
      must("fchdir", c.fchdir(directory));
      must("chroot", c.chroot(cString(".")));
      must("chdir", c.chdir(cString("/")));
    },

    /** Makes `directory` the working directory, and nothing else. */
    changeDirectory: (directory: number): void => {
      must("fchdir", c.fchdir(directory));
    },

    /** Whether a directory is behind `fd`, or something unknown; false for what is not open. */
    isDirectory(fd: number): boolean {
      // Most are not open: to throw an error for that would take a third of a millisecond of each start.
      if (statx(fd, "") < 0) return libc.errno() !== EBADF;
      return (stat.words[STATX.mode]! & S_IFMT) === S_IFDIR;
    },

    /** The file behind `fd`, or behind `path` below it, a final symlink followed. */
    placeOf: (fd: number, path = ""): Place => place(fd, path),
    placeOfPath: (path: string): Place => place(AT_FDCWD, path),

    /** The device that `path` is on. */
    deviceOf(path: string): { readonly major: number; readonly minor: number } {
      const w = status(AT_FDCWD, path);
      return { major: w[STATX.devMajor]!, minor: w[STATX.devMinor]! };
    },

    /** The owner of the file behind `fd`. */
    ownerOf: (fd: number): Owner => fileOwner(status(fd, "")),
    ownerOfPath: (path: string): Owner => fileOwner(status(AT_FDCWD, path)),

    /** What `name` in `directory` is, a symlink itself; undefined where there is none. */
    identify(directory: number, name: string): Identified | undefined {
      if (statx(directory, name, AT_SYMLINK_NOFOLLOW) < 0) return undefined;
      const w = stat.words;
      return {
        ...fileIdentity(w),
        ...fileOwner(w),
        mode: w[STATX.mode]! & 0o7777,
        isSocket: (w[STATX.mode]! & S_IFMT) === S_IFSOCK,
        isFile: (w[STATX.mode]! & S_IFMT) === S_IFREG,
      };
    },

    /** The file system's type, and its mount's ST_* flags. */
    fileSystem(
      path: string,
    ): { readonly type: number; readonly flags: number } {
      const name = cString(path);
      must("statfs", c.statfs(libc.pointerTo(name), fs.pointer));
      return { type: fs.words[STATFS.type]!, flags: fs.words[STATFS.flags]! };
    },

    close: (fd: number): void => {
      c.close(fd);
    },
  };
}
