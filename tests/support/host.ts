/**
 * The host's side of a test: what its own user would do and see, past the
 * helper. Made of libc, as Deno refuses symlinks, `/proc` and mounts under
 * scoped permissions, and shows no device numbers and no nanoseconds.
 *
 * @module
 */
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  F_GETFL,
  FS_IOC_GETVERSION,
  O_DIRECTORY,
  O_RDONLY,
  S_IFIFO,
  STATX_BASIC_STATS,
} from "../../ffi/constants.ts";
import { SYS } from "../../ffi/syscall_numbers.ts";
import { ENOTTY, errnoName } from "../../ffi/errno.ts";
import { type Libc, openLibc } from "../../ffi/libc.ts";
import { cString } from "../../ffi/memory.ts";
import type { Stat, StatFs } from "../../src/proxy/client/client.ts";
import {
  decodeStat,
  decodeStatFs,
  STATFS_SIZE,
  STATX_SIZE,
} from "./host_stat.ts";
import { HOST_SYMBOLS } from "./host_symbols.ts";

/** A call on the host failed that a test depends on. */
export class HostError extends Error {
  override name = "HostError";
}

const ENODATA = 61;
/** ioctl_iflags(2). */
const FS_IOC_GETFLAGS = 0x8008_6601n;
const FS_IOC_SETFLAGS = 0x4008_6602n;
const FS_IMMUTABLE = 0x10;

const SEEK_CUR = 1;

type Bytes = Uint8Array<ArrayBuffer>;
/** Bytes where a name need not be text. */
type Path = string | Bytes;

/** An entry of a directory, with its `d_type`. */
interface Entry {
  readonly name: Bytes;
  readonly type: number;
}

/** The host, until it is disposed of. */
export class Host implements Disposable {
  readonly #libc: Libc<typeof HOST_SYMBOLS> = openLibc(HOST_SYMBOLS);

  symlink(target: string, path: string): void {
    this.#must(
      "symlink",
      path,
      this.#c.symlink(cString(target), cString(path)),
    );
  }

  link(old: string, path: string): void {
    this.#must("link", path, this.#c.link(cString(old), cString(path)));
  }

  /** `mode` with the file's type; `device` as {@linkcode makedev} has it. */
  mknod(path: string, mode: number, device = 0n): void {
    this.#must(
      "mknod",
      path,
      this.#c.mknodat(
        SYS.mknodat,
        AT_FDCWD,
        cString(path),
        mode,
        Number(device),
      ),
    );
  }

  mkfifo(path: string, mode = 0o600): void {
    this.mknod(path, S_IFIFO | mode);
  }

  lchown(path: string, uid: number, gid: number): void {
    this.#must("lchown", path, this.#c.lchown(cString(path), uid, gid));
  }

  chmod(path: string, mode: number): void {
    this.#must("chmod", path, this.#c.chmod(cString(path), mode));
  }

  setXattr(path: string, name: string, value: Bytes): void {
    this.#must(
      `set ${name} of`,
      path,
      this.#c.lsetxattr(
        cString(path),
        cString(name),
        value,
        BigInt(value.length),
        0,
      ),
    );
  }

  /** The value, or undefined where there is none. */
  xattr(path: string, name: string): Bytes | undefined {
    const value = new Uint8Array(65536);
    const size = this.#c.lgetxattr(
      cString(path),
      cString(name),
      value,
      BigInt(value.length),
    );
    if (size < 0 && this.#libc.errno() === ENODATA) return undefined;
    return value.slice(0, this.#must(`get ${name} of`, path, size));
  }

  lstat(path: Path): Stat {
    return this.#statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  }

  /** fstat(2) of a descriptor of this process. */
  fstat(fd: number): Stat {
    return this.#statx(fd, "", AT_EMPTY_PATH);
  }

  statfs(path: string): StatFs {
    const buffer = new Uint8Array(STATFS_SIZE);
    this.#must("statfs", path, this.#c.statfs(cString(path), buffer));
    return decodeStatFs(buffer);
  }

  /** All extended attributes by name, sorted: the value, or a negative errno, as one that can be set need not be readable. */
  attributes(path: Path): [name: string, value: Bytes | number][] {
    const part = new Uint8Array(65536);
    const room = BigInt(part.length);
    const size = this.#c.llistxattr(terminated(path), part, room);
    this.#must("list the attributes of", path, size);
    const names = new TextDecoder().decode(part.subarray(0, size));
    return names.split("\0").slice(0, -1).sort().map((name) => {
      const got = this.#c.lgetxattr(
        terminated(path),
        cString(name),
        part,
        room,
      );
      return [name, got < 0 ? -this.#libc.errno() : part.slice(0, got)];
    });
  }

  readlink(path: Path): Bytes {
    const target = new Uint8Array(4096);
    const size = this.#c.readlink(
      terminated(path),
      target,
      BigInt(target.length),
    );
    return target.slice(0, this.#must("read the link", path, size));
  }

  /** Opens `path` below the directory `directory`, a descriptor. The caller closes. */
  openAt(directory: number, path: Path, flags = O_RDONLY): number {
    return this.#must(
      "open",
      path,
      this.#c.openat(directory, terminated(path), flags, 0o600),
    );
  }

  close(fd: number): void {
    this.#c.close(fd);
  }

  /** The access mode and status flags of `fd`. */
  statusFlags(fd: number): number {
    return this.#must("fcntl", String(fd), this.#c.fcntl(fd, F_GETFL, 0));
  }

  /** Where `fd` stands. */
  position(fd: number): number {
    return Number(this.#c.lseek(fd, 0n, SEEK_CUR));
  }

  /** Up to `count` bytes of `fd`, or a negative errno. */
  read(fd: number, count: number): Bytes | number {
    const part = new Uint8Array(count);
    const got = this.#c.read(fd, part, BigInt(count));
    return got < 0 ? -this.#libc.errno() : part.slice(0, got);
  }

  /** All that can be read from `fd`, from where it stands, as text. */
  readAll(fd: number): string {
    const text = new TextDecoder();
    let whole = "";
    for (;;) {
      const part = this.read(fd, 65536);
      if (typeof part === "number") fail("read", `${fd}`, -part);
      if (part.length === 0) return whole + text.decode();
      whole += text.decode(part, { stream: true });
    }
  }

  write(fd: number, text: string): void {
    const result = this.put(fd, new TextEncoder().encode(text));
    if (result < 0) fail("write", `${fd}`, -result);
  }

  /** Writes `bytes` to `fd`: how many of them, or a negative errno. */
  put(fd: number, bytes: Bytes): number {
    const put = this.#c.write(fd, bytes, BigInt(bytes.length));
    return put < 0 ? -this.#libc.errno() : put;
  }

  /** A whole file as text; for `/proc`, which Deno will not read. */
  readFile(path: string): string {
    const fd = this.openAt(AT_FDCWD, path);
    try {
      return this.readAll(fd);
    } finally {
      this.close(fd);
    }
  }

  /** The names in a directory, sorted; for `/proc` too. */
  names(path: string): string[] {
    const fd = this.openAt(AT_FDCWD, path, O_DIRECTORY);
    const found = this.entries(fd);
    this.close(fd);
    if (typeof found === "number") fail("list", path, -found);
    return found.map(({ name }) => new TextDecoder().decode(name))
      .filter((name) => name !== "." && name !== "..").sort();
  }

  /** All entries of the directory `fd` from where it stands; or a negative errno. */
  entries(fd: number): Entry[] | number {
    const found: Entry[] = [];
    const part = new Uint8Array(32768);
    const view = new DataView(part.buffer);
    for (;;) {
      const got = this.#c.getdents64(
        SYS.getdents64,
        fd,
        part,
        BigInt(part.length),
      );
      if (got < 0) return -this.#libc.errno();
      if (got === 0) return found;
      // struct linux_dirent64: ino, off, u16 reclen, u8 type, name.
      for (let at = 0; at < got; at += view.getUint16(at + 16, true)) {
        const name = part.slice(at + 19, part.indexOf(0, at + 19));
        found.push({ name, type: part[at + 18]! });
      }
    }
  }

  /** The inode's generation, undefined where the file system has none. */
  generation(path: string): bigint | undefined {
    const fd = this.openAt(AT_FDCWD, path);
    const word = new Uint8Array(8);
    const result = this.#c.ioctl(fd, FS_IOC_GETVERSION, word);
    const errno = this.#libc.errno();
    this.close(fd);
    if (result < 0 && errno === ENOTTY) return undefined;
    this.#must("ask for the generation of", path, result);
    return BigInt(new DataView(word.buffer).getUint32(0, true));
  }

  /** chattr +i and -i: what nobody may change, root included. */
  setImmutable(path: string, immutable: boolean): void {
    const fd = this.openAt(AT_FDCWD, path);
    const word = new Uint8Array(8);
    const view = new DataView(word.buffer);
    try {
      this.#must("chattr", path, this.#c.ioctl(fd, FS_IOC_GETFLAGS, word));
      const flags = view.getUint32(0, true);
      view.setUint32(
        0,
        immutable ? flags | FS_IMMUTABLE : flags & ~FS_IMMUTABLE,
        true,
      );
      this.#must("chattr", path, this.#c.ioctl(fd, FS_IOC_SETFLAGS, word));
    } finally {
      this.close(fd);
    }
  }

  [Symbol.dispose](): void {
    this.#libc.close();
  }

  get #c(): Libc<typeof HOST_SYMBOLS>["symbols"] {
    return this.#libc.symbols;
  }

  #statx(directory: number, path: Path, flags: number): Stat {
    const buffer = new Uint8Array(STATX_SIZE);
    this.#must(
      "stat",
      path,
      this.#c.statx(
        directory,
        terminated(path),
        flags,
        STATX_BASIC_STATS,
        buffer,
      ),
    );
    return decodeStat(buffer);
  }

  #must(what: string, path: Path, result: number): number {
    if (result < 0) fail(what, path, this.#libc.errno());
    return result;
  }
}

function fail(what: string, path: Path, errno: number): never {
  const name = typeof path === "string" ? path : new TextDecoder().decode(path);
  throw new HostError(`Cannot ${what} ${name}: ${errnoName(errno)}`);
}

function terminated(path: Path): Bytes {
  return typeof path === "string"
    ? cString(path)
    : new Uint8Array([...path, 0]);
}
