/**
 * Reads inode generations without opening the file: name_to_handle_at(2) returns
 * what an NFS server would use as a file handle, and on some file systems that
 * contains the generation. It is one call instead of three, and can neither block
 * on a FIFO nor have the effects of opening a device.
 *
 * @module
 */
import {
  O_CLOEXEC,
  O_DIRECTORY,
  O_RDONLY,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
} from "../../../ffi/constants.ts";
import { ENXIO } from "../../../ffi/errno.ts";
import type { CString } from "../../../ffi/memory.ts";
import { type FileCalls, HANDLE, STATX } from "../../../ffi/files.ts";
import type { InodeNumbers } from "./inode_numbers.ts";
import {
  type Done,
  type Errno,
  failed,
  failure,
} from "../../../ffi/results.ts";

/** What a file system's handle contains, in 32-bit words. The inode number comes first. */
interface HandleLayout {
  /** `handle_type` of `struct file_handle`. */
  readonly type: number;
  /** The number of words. */
  readonly length: number;
  /** The number of words of the inode number. */
  readonly inode: number;
  /** The index of the word that is the generation. */
  readonly generation: number;
}

/** FILEID_INO32_GEN, linux/exportfs.h. */
const INO32: HandleLayout = { type: 1, length: 2, inode: 1, generation: 1 };
/** The same with XFS_FILEID_TYPE_64FLAG, fs/xfs/xfs_export.h. */
const XFS_INO64: HandleLayout = {
  type: 0x81,
  length: 3,
  inode: 2,
  generation: 2,
};
/** FILEID_BTRFS_WITHOUT_PARENT, fs/btrfs/export.h: inode, subvolume, generation. */
const BTRFS: HandleLayout = { type: 0x4d, length: 5, inode: 2, generation: 4 };

/**
 * The file systems whose generations QEMU is told, by `f_type` of statfs(2), and
 * the layouts of their handles. Each was compared with FS_IOC_GETVERSION, for
 * files and directories: both are `i_generation`.
 */
const LAYOUTS: Readonly<Record<number, readonly HandleLayout[]>> = {
  // ext2, ext3, ext4
  0xef53: [INO32],
  // xfs, without and with the mount option inode32
  0x58465342: [XFS_INO64, INO32],
  // btrfs
  0x9123683e: [BTRFS],
  // reiserfs has several formats of handles, and is opened instead
  0x52654973: [],
};

/** Whether a file system of this `f_type` has generations. */
export function hasGenerations(type: number): boolean {
  return LAYOUTS[type >>> 0] !== undefined;
}

/** The number of entries of the cache; a power of two. */
const ENTRIES = 4096;

/** From {@linkcode InodeHandles.read}: the handle does not tell, the file has to be opened. */
export const UNSURE = 1;

/** Reads generations from handles, on one mount. */
export class InodeHandles {
  readonly #files: FileCalls;
  readonly #layout: HandleLayout;
  readonly #mount: number;
  readonly #numbers: InodeNumbers;
  /**
   * A cache of the handles of regular files and directories, at indices that
   * follow from the inode number. After each handle stands the mask of its
   * device, see {@linkcode InodeNumbers.generationMask}: subvolumes of btrfs are
   * on one mount, but are several devices. Entries stay valid: no other inode
   * ever gets the same handle, and no inode changes its type or its device.
   */
  readonly #cache: Uint32Array;

  /** @param mount the id of the mount whose handles have this layout */
  constructor(
    files: FileCalls,
    layout: HandleLayout,
    mount: number,
    numbers: InodeNumbers,
  ) {
    this.#files = files;
    this.#layout = layout;
    this.#mount = mount;
    this.#numbers = numbers;
    this.#cache = new Uint32Array(
      new ArrayBuffer(ENTRIES * (layout.length + 1) * 4),
    );
  }

  /**
   * Puts the generation of the regular file or directory `path`, combined with
   * the mask of its device, into `generationBuffer` and returns 0. Returns -ENXIO
   * for any other type of file, and {@linkcode UNSURE} for a handle of another
   * mount or form. Follows a final symlink.
   */
  read(path: CString): Done | Errno | typeof UNSURE {
    const files = this.#files, layout = this.#layout;
    if (files.handle(path, layout.length * 4) < 0) return UNSURE;
    if (files.mountBuffer.words[0]! !== this.#mount) return UNSURE;
    const handle = files.handleBuffer.words;
    if (
      handle[HANDLE.type]! !== layout.type ||
      handle[HANDLE.bytes]! !== layout.length * 4
    ) return UNSURE;
    if (!this.#isCached()) {
      const result = this.#examine(path);
      if (result !== 0) return result;
    }
    files.generationBuffer.words[0] =
      handle[HANDLE.content + layout.generation]! ^
      this.#cache[this.#index() + layout.length]!;
    return 0;
  }

  /** Finds the type and the device of the file, which its handle does not tell, and caches the handle. */
  #examine(path: CString): Done | Errno | typeof UNSURE {
    const files = this.#files;
    if (files.stat(path) < 0) return UNSURE;
    const handle = files.handleBuffer.words, stat = files.statBuffer.words;
    const high = this.#layout.inode === 2 ? handle[HANDLE.content + 1]! : 0;
    // The host has replaced the file between the two calls.
    if (
      stat[STATX.ino]! !== handle[HANDLE.content]! ||
      stat[STATX.ino + 1]! !== high
    ) return UNSURE;
    const type = stat[STATX.mode]! & S_IFMT;
    if (type !== S_IFREG && type !== S_IFDIR) return failure(ENXIO);
    this.#put();
    return 0;
  }

  #isCached(): boolean {
    const { length } = this.#layout, index = this.#index();
    const handle = this.#files.handleBuffer.words, cache = this.#cache;
    for (let i = 0; i < length; i++) {
      if (cache[index + i]! !== handle[HANDLE.content + i]!) return false;
    }
    return true;
  }

  #put(): void {
    const { length } = this.#layout, index = this.#index();
    const { handleBuffer, statBuffer } = this.#files, cache = this.#cache;
    for (let i = 0; i < length; i++) {
      cache[index + i] = handleBuffer.words[HANDLE.content + i]!;
    }
    cache[index + length] = this.#numbers.generationMask(statBuffer.words);
  }

  #index(): number {
    const inode = this.#files.handleBuffer.words[HANDLE.content]!;
    return (inode & ENTRIES - 1) * (this.#layout.length + 1);
  }
}

/**
 * The reader of handles for the file system of the root directory, whose `f_type`
 * is `type`; undefined if it has no handles of a known layout, or the root's does
 * not contain what FS_IOC_GETVERSION says.
 */
export function findHandles(
  files: FileCalls,
  type: number,
  numbers: InodeNumbers,
): InodeHandles | undefined {
  const root = files.root;
  for (const layout of LAYOUTS[type >>> 0] ?? []) {
    if (files.handle(root, layout.length * 4) < 0) continue;
    const handles = new InodeHandles(
      files,
      layout,
      files.mountBuffer.words[0]!,
      numbers,
    );
    if (handles.read(root) !== 0) continue;
    const told = files.generationBuffer.words[0]!;
    if (generationByOpening(files, root) === told) return handles;
  }
  return undefined;
}

function generationByOpening(
  files: FileCalls,
  path: CString,
): number | undefined {
  const fd = files.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (failed(fd)) return undefined;
  const result = files.getversion(fd);
  files.close(fd);
  return result < 0 ? undefined : files.generationBuffer.words[0]!;
}
