/**
 * A client of the protocol: each request is a method, each answer a value or an
 * errno. It sends the same bytes as QEMU, which counts a NUL into some strings.
 *
 * @module
 */
import { EIO } from "../../../ffi/errno.ts";
import { encodeRequest } from "../wire/encode.ts";
import {
  DESCRIPTOR_FOLLOWS,
  type RequestFields,
  type RequestName,
  REQUESTS,
  STAT_SIZE,
  STATFS_SIZE,
  T_ERROR,
  T_SUCCESS,
  VERSION_SIZE,
} from "../wire/protocol.ts";
import { type Connection, ConnectionError, type Frame } from "./connection.ts";

/** Either a value and errno 0, or a positive errno and no value. */
export type Answer<T> =
  | { readonly errno: 0; readonly value: T }
  | { readonly errno: number; readonly value?: undefined };

/**
 * What LSTAT answers: the fields of stat(2), and times in nanoseconds. `ino` is
 * unique in the export: below another mount it is not what stat(2) says.
 */
export type Stat = Readonly<
  & Record<"mode" | "uid" | "gid", number>
  & Record<"dev" | "ino" | "nlink" | "rdev", bigint>
  & Record<"size" | "blksize" | "blocks", bigint>
  & Record<"atime" | "mtime" | "ctime", bigint>
>;

/**
 * What STATFS answers: the fields of statfs(2). `fsid` is decoded as QEMU does:
 * the lower half of its first word, the upper half of its second.
 */
export type StatFs = Readonly<
  & Record<"type" | "bsize" | "blocks" | "bfree" | "bavail", bigint>
  & Record<"files" | "ffree" | "fsid" | "namelen" | "frsize", bigint>
>;

/** A path or another string; text is sent as UTF-8. */
export type Path = string | Uint8Array;

/** Sends a request and waits for its answer: one at a time, synchronously. */
export class Client implements Disposable {
  /** Closing the client closes `connection`. */
  constructor(readonly connection: Connection) {}

  /** OPEN; the value is a descriptor, the caller's to close. */
  open(path: Path, flags: number): Answer<number> {
    return this.#descriptor("OPEN", { path, flags });
  }

  /** CREATE; the value is a descriptor, the caller's to close. */
  create(
    path: Path,
    flags: number,
    mode: number,
    uid: number,
    gid: number,
  ): Answer<number> {
    return this.#descriptor("CREATE", { path, flags, mode, uid, gid });
  }

  /** MKNOD, for any type of file, owned by `uid:gid`. */
  mknod(
    path: Path,
    mode: number,
    rdev: bigint,
    uid: number,
    gid: number,
  ): Answer<0> {
    return this.#status("MKNOD", { uid, gid, path, mode, rdev });
  }

  /** MKDIR, owned by `uid:gid`. */
  mkdir(path: Path, mode: number, uid: number, gid: number): Answer<0> {
    return this.#status("MKDIR", { uid, gid, path, mode });
  }

  /** SYMLINK, owned by `uid:gid`; `target` is what the link contains. */
  symlink(target: Path, path: Path, uid: number, gid: number): Answer<0> {
    return this.#status("SYMLINK", { uid, gid, target, path });
  }

  /** LINK: gives the file `old` the second name `name`. */
  link(old: Path, name: Path): Answer<0> {
    return this.#status("LINK", { old, new: name });
  }

  /** LSTAT; a symlink is not followed. */
  lstat(path: Path): Answer<Stat> {
    return this.#data("LSTAT", { path }, decodeStat);
  }

  /** READLINK: the target, cut to `size` - 1 bytes. */
  readlink(path: Path, size = 4096): Answer<Uint8Array> {
    return this.#data("READLINK", { path, size }, decodeString);
  }

  /** STATFS of the file system that `path` is on. */
  statfs(path: Path): Answer<StatFs> {
    return this.#data("STATFS", { path }, decodeStatFs);
  }

  /** CHMOD; follows a symlink. */
  chmod(path: Path, mode: number): Answer<0> {
    return this.#status("CHMOD", { path, mode });
  }

  /** CHOWN; an id of 0xffffffff stays what it is. A symlink is not followed. */
  chown(path: Path, uid: number, gid: number): Answer<0> {
    return this.#status("CHOWN", { path, uid, gid });
  }

  /** TRUNCATE; follows a symlink. */
  truncate(path: Path, size: bigint): Answer<0> {
    return this.#status("TRUNCATE", { path, size });
  }

  /** UTIME; nanoseconds may be UTIME_NOW or UTIME_OMIT, utimensat(2). */
  utime(
    path: Path,
    atimeSeconds: bigint,
    atimeNanoseconds: bigint,
    mtimeSeconds: bigint,
    mtimeNanoseconds: bigint,
  ): Answer<0> {
    return this.#status("UTIME", {
      path,
      atimeSeconds,
      atimeNanoseconds,
      mtimeSeconds,
      mtimeNanoseconds,
    });
  }

  /** RENAME; replaces what has the name `name`. */
  rename(old: Path, name: Path): Answer<0> {
    return this.#status("RENAME", { old, new: name });
  }

  /** REMOVE: unlinks a file, or removes an empty directory. */
  remove(path: Path): Answer<0> {
    return this.#status("REMOVE", { path });
  }

  /** LGETXATTR: the value, of up to `size` bytes. */
  lgetxattr(path: Path, name: Path, size: number): Answer<Uint8Array> {
    return this.#data("LGETXATTR", { size, path, name }, decodeString);
  }

  /** LGETXATTR with size 0: the length of the value. */
  lgetxattrLength(path: Path, name: Path): Answer<number> {
    return this.#data("LGETXATTR", { size: 0, path, name }, decodeLength);
  }

  /** LLISTXATTR: NUL-ended names, up to `size` bytes in all. */
  llistxattr(path: Path, size: number): Answer<Uint8Array> {
    return this.#data("LLISTXATTR", { size, path }, decodeString);
  }

  /** LLISTXATTR with size 0: the length of all names together. */
  llistxattrLength(path: Path): Answer<number> {
    return this.#data("LLISTXATTR", { size: 0, path }, decodeLength);
  }

  /** LSETXATTR; `size` differs from the length of `value` only in wrong requests. */
  lsetxattr(
    path: Path,
    name: Path,
    value: Path,
    flags: number,
    size: number = typeof value === "string"
      ? new TextEncoder().encode(value).length
      : value.length,
  ): Answer<0> {
    return this.#status("LSETXATTR", { path, name, value, size, flags });
  }

  /** LREMOVEXATTR. */
  lremovexattr(path: Path, name: Path): Answer<0> {
    return this.#status("LREMOVEXATTR", { path, name });
  }

  /** GETVERSION: the inode's generation, 0 where the file system has none. */
  getversion(path: Path): Answer<bigint> {
    return this.#data("GETVERSION", { path }, decodeVersion);
  }

  /**
   * Sends `bytes`, whatever they are, and takes an answer in the form that
   * answers to `name` have: for requests that QEMU would never send.
   */
  raw(name: RequestName, bytes: Uint8Array<ArrayBuffer>): Answer<unknown> {
    this.connection.send(bytes);
    switch (REQUESTS[name].reply) {
      case "descriptor":
        return this.#takeDescriptor();
      case "status":
        return takeStatus(this.connection.receiveFrame());
      case "data":
        return takeData(this.connection.receiveFrame(), (payload) => payload);
    }
  }

  /** Closes the connection, which ends the helper. */
  close(): void {
    this.connection.close();
  }

  /** The same as {@linkcode Client.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #descriptor<N extends RequestName>(
    name: N,
    fields: RequestFields<N>,
  ): Answer<number> {
    this.connection.send(encodeRequest(name, fields));
    return this.#takeDescriptor();
  }

  #takeDescriptor(): Answer<number> {
    const { value, descriptors } = this.connection.receiveWord();
    const [descriptor] = descriptors;
    const expected = value === DESCRIPTOR_FOLLOWS ? 1 : 0;
    if (descriptors.length !== expected || value >= 0 && expected === 0) {
      throw new ConnectionError(
        `Cannot take an answer of ${value} with ${descriptors.length} descriptors`,
      );
    }
    return descriptor === undefined
      ? { errno: -value }
      : { errno: 0, value: descriptor };
  }

  #status<N extends RequestName>(name: N, fields: RequestFields<N>): Answer<0> {
    this.connection.send(encodeRequest(name, fields));
    return takeStatus(this.connection.receiveFrame());
  }

  #data<N extends RequestName, T>(
    name: N,
    fields: RequestFields<N>,
    decode: (payload: Uint8Array) => T,
  ): Answer<T> {
    this.connection.send(encodeRequest(name, fields));
    return takeData(this.connection.receiveFrame(), decode);
  }
}

function takeStatus({ type, payload }: Frame): Answer<0> {
  const result = viewOf(payload).getInt32(0, true);
  if (payload.length !== 4 || (type === T_SUCCESS) !== (result === 0)) {
    throw new ConnectionError(
      `Cannot take a status of type ${type}, ${payload.length} bytes, ${result}`,
    );
  }
  return result === 0 ? { errno: 0, value: 0 } : { errno: -result };
}

function takeData<T>(
  { type, payload }: Frame,
  decode: (payload: Uint8Array) => T,
): Answer<T> {
  if (type === T_SUCCESS) return { errno: 0, value: decode(payload) };
  if (type !== T_ERROR || payload.length !== 4) {
    throw new ConnectionError(
      `Cannot take an answer of type ${type}, ${payload.length} bytes`,
    );
  }
  return { errno: -viewOf(payload).getInt32(0, true) || EIO };
}

function viewOf(payload: Uint8Array): DataView {
  return new DataView(payload.buffer, payload.byteOffset, payload.length);
}

function sized(payload: Uint8Array, size: number): DataView {
  if (payload.length !== size) {
    throw new ConnectionError(
      `Cannot take an answer of ${payload.length} bytes: not ${size}`,
    );
  }
  return viewOf(payload);
}

function decodeString(payload: Uint8Array): Uint8Array {
  const length = viewOf(payload).getUint16(0, true);
  sized(payload, 2 + length);
  return payload.slice(2);
}

function decodeLength(payload: Uint8Array): number {
  return sized(payload, 4).getInt32(0, true);
}

function decodeVersion(payload: Uint8Array): bigint {
  return sized(payload, VERSION_SIZE).getBigUint64(0, true);
}

function decodeStat(payload: Uint8Array): Stat {
  const view = sized(payload, STAT_SIZE);
  const q = (at: number) => view.getBigUint64(at, true);
  const time = (at: number) =>
    view.getBigInt64(at, true) * 1_000_000_000n +
    view.getBigInt64(at + 8, true);
  return {
    dev: q(0),
    ino: q(8),
    nlink: q(16),
    mode: view.getUint32(24, true),
    uid: view.getUint32(28, true),
    gid: view.getUint32(32, true),
    rdev: q(36),
    size: q(44),
    blksize: q(52),
    blocks: q(60),
    atime: time(68),
    mtime: time(84),
    ctime: time(100),
  };
}

function decodeStatFs(payload: Uint8Array): StatFs {
  const view = sized(payload, STATFS_SIZE);
  const q = (index: number) => view.getBigUint64(index * 8, true);
  return {
    type: q(0),
    bsize: q(1),
    blocks: q(2),
    bfree: q(3),
    bavail: q(4),
    files: q(5),
    ffree: q(6),
    fsid: q(7) & 0xffffffffn | q(8) >> 32n << 32n,
    namelen: q(9),
    frsize: q(10),
  };
}
