/**
 * Reads /proc by libc: Deno's own API is denied it under any scoped grant.
 * The directory is opened before the chroot, after which it has no name.
 *
 * @module
 */
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from "./constants.ts";
import { SYS } from "./syscall_numbers.ts";
import type { Libc } from "./libc.ts";
import { cString } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import { thrower } from "./system_error.ts";

type ProcLibc = Libc<typeof DESCRIPTOR_SYMBOLS & typeof IO_SYMBOLS>;

const SECCOMP_MODE_FILTER = "2";
const SEEK_SET = 0;

/** Credentials of one thread, proc_pid_status(5). */
export interface ThreadState {
  readonly tid: number;
  /** Real, effective, saved, file system. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  readonly inheritable: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
  readonly noNewPrivs: boolean;
  /** Whether system calls are filtered, seccomp(2). */
  readonly filtered: boolean;
}

/** One process in /proc. */
export class ProcDirectory implements Disposable {
  readonly #libc: ProcLibc;
  readonly #must: ReturnType<typeof thrower>;
  readonly #content = new Uint8Array(4096);
  readonly #link = new Uint8Array(4096);
  #fd: number;

  /** @throws {SystemError} where /proc is not mounted */
  constructor(libc: ProcLibc, process: number | "self") {
    this.#libc = libc;
    this.#must = thrower(libc);
    this.#fd = this.#open(AT_FDCWD, `/proc/${process}`, O_DIRECTORY);
  }

  /** The text of a file in it: `uid_map`. */
  readText(name: string): string {
    return new TextDecoder().decode(this.#read(name));
  }

  /** The same as bytes: `cmdline`. */
  readBytes(name: string): Uint8Array<ArrayBuffer> {
    return this.#read(name).slice();
  }

  /** What a symlink in it says, as bytes: `cwd`; undefined where there is none. */
  readLinkBytes(name: string): Uint8Array<ArrayBuffer> | undefined {
    const size = this.#readLink(name);
    return size < 0 ? undefined : this.#link.slice(0, size);
  }

  /** The bytes are overwritten when the next one is read. */
  #read(name: string): Uint8Array<ArrayBuffer> {
    const fd = this.#open(this.#fd, name, 0);
    try {
      return readAll(this.#libc, fd, this.#content);
    } finally {
      this.#libc.symbols.close(fd);
    }
  }

  /** Opens a file in it, to be read when /proc is out of reach: `mountinfo`. */
  open(name: string): ProcFile {
    return new ProcFile(this.#libc, this.#open(this.#fd, name, 0));
  }

  /** What a symlink in it says: `ns/net`; undefined where there is none. */
  readLink(name: string): string | undefined {
    const size = this.#readLink(name);
    return size < 0
      ? undefined
      : new TextDecoder().decode(this.#link.subarray(0, size));
  }

  #readLink(name: string): number {
    return this.#libc.symbols.readlinkat(
      this.#fd,
      cString(name),
      this.#link,
      BigInt(this.#link.length),
    );
  }

  /** The open directory, for calls that take one. */
  get fd(): number {
    return this.#fd;
  }

  /** The descriptors that are open, and that which they were listed by, which is closed again. */
  descriptors(): number[] {
    return this.list("fd").filter((name) => !name.startsWith(".")).map(Number);
  }

  /** Every thread of the process, the main one first. */
  threads(): ThreadState[] {
    return this.list("task")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b)
      .flatMap((tid) => this.#thread(tid));
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#libc.symbols.close(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** One state; none where the thread has ended meanwhile. */
  #thread(tid: number): ThreadState[] {
    try {
      return [parseThread(tid, this.readText(`task/${tid}/status`))];
    } catch {
      if (this.list("task").includes(String(tid))) {
        throw new Error(`Cannot read the state of thread ${tid}`);
      }
      return [];
    }
  }

  #open(directory: number, name: string, flags: number): number {
    return this.#must(
      `open ${name}`,
      this.#libc.symbols.openat(
        directory,
        cString(name),
        O_RDONLY | O_CLOEXEC | flags,
        0,
      ),
    );
  }

  /** The names in one of its directories. */
  list(name: string): string[] {
    const fd = this.#open(this.#fd, name, O_DIRECTORY);
    const names: string[] = [];
    const buffer = new Uint8Array(8192);
    const view = new DataView(buffer.buffer);
    try {
      for (;;) {
        const got = this.#must(
          "getdents64",
          this.#libc.symbols.getdents64(SYS.getdents64, fd, buffer, 8192n),
        );
        if (got === 0) return names;
        // struct linux_dirent64: u64 ino, s64 off, u16 reclen, u8 type, name
        for (let at = 0; at < got; at += view.getUint16(at + 16, true)) {
          const end = buffer.indexOf(0, at + 19);
          names.push(new TextDecoder().decode(buffer.subarray(at + 19, end)));
        }
      }
    } finally {
      this.#libc.symbols.close(fd);
    }
  }
}

/** A file of /proc that stays open. */
export class ProcFile {
  readonly #libc: Libc<typeof IO_SYMBOLS>;
  readonly #content = new Uint8Array(4096);
  readonly fd: number;

  constructor(libc: Libc<typeof IO_SYMBOLS>, fd: number) {
    this.#libc = libc;
    this.fd = fd;
  }

  /**
   * What it says now.
   *
   * @throws {SystemError}
   */
  read(): string {
    const libc = this.#libc;
    thrower(libc)("lseek", libc.symbols.lseek(this.fd, 0n, SEEK_SET));
    return new TextDecoder().decode(readAll(libc, this.fd, this.#content));
  }
}

/** What there is from where `fd` is to the end, read into `room` while that is large enough. */
function readAll(
  libc: Libc<typeof IO_SYMBOLS>,
  fd: number,
  room: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const must = thrower(libc);
  for (let size = 0;;) {
    const rest = room.subarray(size);
    const got = must("read", libc.symbols.read(fd, rest, BigInt(rest.length)));
    if (got === 0) return room.subarray(0, size);
    size += got;
    if (size < room.length) continue;
    const larger = new Uint8Array(2 * size);
    larger.set(room);
    room = larger;
  }
}

/** Parses the text of /proc/PID/task/TID/status. */
export function parseThread(tid: number, status: string): ThreadState {
  // Without a regular expression a field, which would be compiled at each start.
  const field = (name: string): string => {
    const at = status.indexOf(`\n${name}:\t`);
    if (at < 0) throw new Error(`Cannot find ${name} in /proc's status`);
    const start = at + name.length + 3, end = status.indexOf("\n", start);
    return status.slice(start, end < 0 ? undefined : end).trim();
  };
  const numbers = (name: string) =>
    field(name).split(/\s+/).filter(Boolean).map(Number);
  const bits = (name: string) => BigInt(`0x${field(name)}`);
  return {
    tid,
    uids: numbers("Uid"),
    gids: numbers("Gid"),
    groups: numbers("Groups"),
    inheritable: bits("CapInh"),
    permitted: bits("CapPrm"),
    effective: bits("CapEff"),
    bounding: bits("CapBnd"),
    ambient: bits("CapAmb"),
    noNewPrivs: field("NoNewPrivs") === "1",
    filtered: field("Seccomp") === SECCOMP_MODE_FILTER,
  };
}
