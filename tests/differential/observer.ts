/**
 * Looks at files and descriptors from the host's side. Paths are bytes, as
 * names need not be text.
 *
 * @module
 */
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  F_GETFL,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  STATX_BASIC_STATS,
} from "../../ffi/constants.ts";
import { SYS } from "../../ffi/syscall_numbers.ts";
import { errnoName } from "../../ffi/errno.ts";
import { openLibc } from "../../ffi/libc.ts";
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";

const SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // int open(const char *path, int flags)
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
  // int fcntl(int fd, int cmd, int arg)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // off_t lseek(int fd, off_t offset, int whence)
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // long syscall(SYS_getdents64, int fd, void *dirents, size_t count)
  getdents64: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "usize"],
    result: "i32",
  },
  // int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *buf)
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
  },
  // ssize_t readlink(const char *path, char *buf, size_t size)
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "i32" },
  // ssize_t llistxattr(const char *path, char *list, size_t size)
  llistxattr: { parameters: ["buffer", "buffer", "usize"], result: "i32" },
  // ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
  lgetxattr: {
    parameters: ["buffer", "buffer", "buffer", "usize"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

type Bytes = Uint8Array<ArrayBuffer>;

/** What is compared of an inode; times in nanoseconds. */
export interface Inode {
  readonly ino: bigint;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: string;
  readonly size: bigint;
  readonly atime: bigint;
  readonly mtime: bigint;
}

/** An entry of a directory: its name, a character a byte, and its `d_type`. */
export interface Entry {
  readonly name: string;
  readonly type: number;
}

/** Calls on the host. A failure is a negative errno where a number is returned, else an exception. */
export class Observer implements Disposable {
  readonly #libc = openLibc(SYMBOLS);
  readonly #stat = new Uint8Array(new ArrayBuffer(256));
  readonly #view = new DataView(this.#stat.buffer);
  readonly #buffer = new Uint8Array(new ArrayBuffer(65536));
  readonly #dirents = new DataView(this.#buffer.buffer);

  /** lstat(2). */
  lstat(path: Bytes): Inode {
    return this.#statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  }

  /** fstat(2), of an O_PATH descriptor too. */
  fstat(fd: number): Inode {
    return this.#statx(fd, new Uint8Array(1), AT_EMPTY_PATH);
  }

  /** The access mode and status flags of a descriptor. */
  statusFlags(fd: number): number {
    return this.#must("fcntl", this.#c.fcntl(fd, F_GETFL, 0));
  }

  /** Where a descriptor stands. */
  position(fd: number): number {
    const SEEK_CUR = 1;
    return Number(this.#c.lseek(fd, 0n, SEEK_CUR));
  }

  /** Reads up to `count` bytes. */
  read(fd: number, count: number): Bytes | number {
    const got = this.#c.read(fd, this.#buffer, BigInt(count));
    return got < 0 ? -this.#libc.errno() : this.#buffer.slice(0, got);
  }

  /** Writes `bytes`. */
  write(fd: number, bytes: Bytes): number {
    this.#buffer.set(bytes);
    const put = this.#c.write(fd, this.#buffer, BigInt(bytes.length));
    return put < 0 ? -this.#libc.errno() : put;
  }

  /** All entries of the directory `fd` from where it stands, sorted; or a negative errno. */
  entries(fd: number): Entry[] | number {
    const found: Entry[] = [];
    for (;;) {
      const got = this.#c.getdents64(
        SYS.getdents64,
        fd,
        this.#buffer,
        BigInt(this.#buffer.length),
      );
      if (got < 0) return -this.#libc.errno();
      if (got === 0) break;
      // struct linux_dirent64: ino, off, u16 reclen, u8 type, name.
      for (let at = 0; at < got; at += this.#dirents.getUint16(at + 16, true)) {
        const name = this.#buffer.subarray(
          at + 19,
          this.#buffer.indexOf(0, at + 19),
        );
        found.push({ name: latin1(name), type: this.#buffer[at + 18]! });
      }
    }
    return found.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Opens a file or directory of the host itself. */
  open(path: Bytes, flags = O_RDONLY): number {
    return this.#must("open", this.#c.open(path, flags | O_NOFOLLOW));
  }

  /** Opens a directory of the host itself. */
  openDirectory(path: Bytes): number {
    return this.open(path, O_RDONLY | O_DIRECTORY);
  }

  readlink(path: Bytes): Bytes {
    const size = this.#must(
      "readlink",
      this.#c.readlink(path, this.#buffer, BigInt(this.#buffer.length)),
    );
    return this.#buffer.slice(0, size);
  }

  /**
   * Extended attributes by name, sorted. A value may be unreadable even so:
   * anyone may set an empty `security.capability`, and nobody may read it.
   */
  attributes(path: Bytes): [name: string, value: Bytes | number][] {
    const size = this.#must(
      "llistxattr",
      this.#c.llistxattr(path, this.#buffer, BigInt(this.#buffer.length)),
    );
    const names = latin1(this.#buffer.subarray(0, size)).split("\0").slice(
      0,
      -1,
    );
    return names.sort().map((name) => [name, this.#attribute(path, name)]);
  }

  close(fd: number): void {
    this.#c.close(fd);
  }

  [Symbol.dispose](): void {
    this.#libc.close();
  }

  get #c() {
    return this.#libc.symbols;
  }

  #attribute(path: Bytes, name: string): Bytes | number {
    const size = this.#c.lgetxattr(
      path,
      ended(name),
      this.#buffer,
      BigInt(this.#buffer.length),
    );
    return size < 0 ? -this.#libc.errno() : this.#buffer.slice(0, size);
  }

  #statx(directory: number, path: Bytes, flags: number): Inode {
    this.#must(
      "statx",
      this.#c.statx(directory, path, flags, STATX_BASIC_STATS, this.#stat),
    );
    const view = this.#view;
    // struct statx_timestamp: s64 seconds, u32 nanoseconds.
    const time = (at: number) =>
      view.getBigInt64(at, true) * 1_000_000_000n +
      BigInt(view.getUint32(at + 8, true));
    return {
      nlink: view.getUint32(16, true),
      uid: view.getUint32(20, true),
      gid: view.getUint32(24, true),
      mode: view.getUint16(28, true),
      ino: view.getBigUint64(32, true),
      size: view.getBigUint64(40, true),
      atime: time(64),
      mtime: time(112),
      rdev: `${view.getUint32(128, true)}:${view.getUint32(132, true)}`,
    };
  }

  #must(what: string, result: number): number {
    if (result < 0) {
      throw new Error(`Cannot ${what}: ${errnoName(this.#libc.errno())}`);
    }
    return result;
  }
}

/** Bytes as a string, a character a byte. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Such a string as bytes with a NUL at the end. */
export function ended(text: string): Bytes {
  return Uint8Array.from(`${text}\0`, (character) => character.charCodeAt(0));
}
