/**
 * Inode generations without opening anything: name_to_handle_at(2) tells what
 * an NFS server would put into a file handle, and on some file systems the
 * generation is a part of that. One call instead of three, and no FIFO to hang
 * on, no device to set off.
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

/** Where a file system puts what into a handle, in 32-bit words. The inode number comes first. */
export interface HandleLayout {
  /** `handle_type`. */
  readonly type: number;
  /** Words in all. */
  readonly length: number;
  /** Words of the inode number. */
  readonly inode: number;
  /** Which word is the generation. */
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
 * Layouts by `f_type` of statfs(2): ext2, ext3 and ext4; xfs, with `inode32`
 * and without; btrfs. On each the handle has been compared with what
 * FS_IOC_GETVERSION says of files and directories: it is `i_generation` both
 * times. Reiserfs has generations too, and a handle for each of its formats.
 */
const LAYOUTS: Readonly<Record<number, readonly HandleLayout[]>> = {
  0xef53: [INO32],
  0x58465342: [XFS_INO64, INO32],
  0x9123683e: [BTRFS],
};

/** Files and directories that are remembered; a power of two. */
const REMEMBERED = 4096;

/** {@linkcode InodeHandles.read} can't tell: the file has to be opened. */
export const UNSURE = 1;

/** Reads generations from handles, on one mount. */
export class InodeHandles {
  readonly #files: FileCalls;
  readonly #layout: HandleLayout;
  readonly #mount: number;
  readonly #numbers: InodeNumbers;
  /**
   * Handles of files and directories, each in the place that its inode number
   * says, and behind it what the generation is masked with: subvolumes of btrfs
   * are on one mount, but devices of their own. No two inodes have the same
   * handle, not even one after the other, and none ever changes its type or its
   * device: nothing in here grows old.
   */
  readonly #plain: Uint32Array;

  /** @param mount the id of the mount whose file system has the layout */
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
    this.#plain = new Uint32Array(
      new ArrayBuffer(REMEMBERED * (layout.length + 1) * 4),
    );
  }

  /**
   * Puts the generation of the file or directory `path`, masked as that of its
   * device, into `generationBuffer` and returns 0. Returns -ENXIO for any other file, and
   * {@linkcode UNSURE} for everything that is out of the ordinary. Follows a
   * final symlink.
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
    if (!this.#isRemembered()) {
      const result = this.#look(path);
      if (result !== 0) return result;
    }
    files.generationBuffer.words[0] =
      handle[HANDLE.content + layout.generation]! ^
      this.#plain[this.#place() + layout.length]!;
    return 0;
  }

  /** A handle does not say of which type its file is. */
  #look(path: CString): Done | Errno | typeof UNSURE {
    const files = this.#files;
    if (files.stat(path) < 0) return UNSURE;
    const handle = files.handleBuffer.words, stat = files.statBuffer.words;
    const high = this.#layout.inode === 2 ? handle[HANDLE.content + 1]! : 0;
    // The host has put another file there in the meantime.
    if (
      stat[STATX.ino]! !== handle[HANDLE.content]! ||
      stat[STATX.ino + 1]! !== high
    ) return UNSURE;
    const type = stat[STATX.mode]! & S_IFMT;
    if (type !== S_IFREG && type !== S_IFDIR) return failure(ENXIO);
    this.#remember();
    return 0;
  }

  #isRemembered(): boolean {
    const { length } = this.#layout, place = this.#place();
    const handle = this.#files.handleBuffer.words, plain = this.#plain;
    for (let i = 0; i < length; i++) {
      if (plain[place + i]! !== handle[HANDLE.content + i]!) return false;
    }
    return true;
  }

  #remember(): void {
    const { length } = this.#layout, place = this.#place();
    const handle = this.#files.handleBuffer.words, plain = this.#plain;
    for (let i = 0; i < length; i++) {
      plain[place + i] = handle[HANDLE.content + i]!;
    }
    plain[place + length] = this.#numbers.generationMask(
      this.#files.statBuffer.words,
    );
  }

  #place(): number {
    const inode = this.#files.handleBuffer.words[HANDLE.content]!;
    return (inode & REMEMBERED - 1) * (this.#layout.length + 1);
  }
}

/**
 * Finds out whether generations can be read from handles on the file system of
 * the root directory, of type `type`: a handle has to look as expected, and to
 * say of that directory what FS_IOC_GETVERSION says.
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
    if (askedGeneration(files, root) === told) return handles;
  }
  return undefined;
}

function askedGeneration(files: FileCalls, path: CString): number | undefined {
  const fd = files.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (failed(fd)) return undefined;
  const result = files.getversion(fd);
  files.close(fd);
  return result < 0 ? undefined : files.generationBuffer.words[0]!;
}
