/**
 * What a test changes in the machine around a helper: mounts, limits.
 *
 * @module
 */
import { AT_FDCWD } from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import { type Libc, openLibc } from "../../ffi/libc.ts";
import { cString } from "../../ffi/memory.ts";
import { HostError } from "./host.ts";
import { SYSTEM_SYMBOLS } from "./host_symbols.ts";

const MS_RDONLY = 1;
const MS_REMOUNT = 32;
const MS_BIND = 4096;
const MS_PRIVATE = 1 << 18;
/** Nothing waits for a helper that a failed test has left behind. */
const MNT_DETACH = 2;
const SYS_move_mount = 429n;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const RLIMIT_NOFILE = 7;
/** unix(7): what was sent and not yet read by the other end. */
const SIOCOUTQ = 0x5411n;
/** What the other end has sent and is not yet read here. */
const SIOCINQ = 0x541bn;

/** The machine, until it is disposed of. */
export class System implements Disposable {
  readonly #libc: Libc<typeof SYSTEM_SYMBOLS> = openLibc(SYSTEM_SYMBOLS);
  readonly #mounts: string[] = [];

  /** Mounts a tmpfs, with options as in `size=64k`, until disposal. */
  mountTmpfs(path: string, options: string): void {
    this.#mount("tmpfs", path, "tmpfs", 0, options);
    this.#mounts.push(path);
  }

  /** Makes the directory `path` a read-only mount of itself, until disposal. */
  mountReadOnly(path: string): void {
    this.#mount(path, path, "none", MS_BIND, "");
    this.#mounts.push(path);
    this.#mount("none", path, "none", MS_PRIVATE, "");
    this.#mount("none", path, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, "");
  }

  /** Mounts the detached mount behind the descriptor `tree`, until disposal. */
  mountTree(tree: number, path: string): void {
    this.#check(
      `mount ${path}`,
      this.#libc.symbols.move_mount(
        SYS_move_mount,
        tree,
        cString(""),
        AT_FDCWD,
        cString(path),
        MOVE_MOUNT_F_EMPTY_PATH,
      ),
    );
    this.#mounts.push(path);
  }

  /** Unmounts `path` as umount(8) does: `ok`, or the name of the errno. */
  unmount(path: string): string {
    if (this.#libc.symbols.umount2(cString(path), 0) < 0) {
      return errnoName(this.#libc.errno());
    }
    const at = this.#mounts.lastIndexOf(path);
    if (at >= 0) this.#mounts.splice(at, 1);
    return "ok";
  }

  /** Unmounts all that was mounted here. */
  unmountAll(): void {
    for (const path of this.#mounts.splice(0).reverse()) {
      this.#check(
        `unmount ${path}`,
        this.#libc.symbols.umount2(cString(path), MNT_DETACH),
      );
    }
  }

  /** Sets how many descriptors the process `pid` may have, and returns how many it might before. */
  limitDescriptors(pid: number, limit: bigint): bigint {
    const limits = new BigUint64Array(2);
    const former = new BigUint64Array(2);
    const set = this.#libc.symbols.prlimit;
    // Only the soft limit is ours to change and change back.
    this.#check("read a limit", set(pid, RLIMIT_NOFILE, null, former));
    limits.set([limit, former[1]!]);
    this.#check("set a limit", set(pid, RLIMIT_NOFILE, limits, null));
    return former[0]!;
  }

  /** How much of what was sent on a socket its other end has not read yet; not in bytes, but 0 for none. */
  unread(fd: number): number {
    return this.#queue(fd, SIOCOUTQ);
  }

  /** How many bytes can be read from a socket at once. */
  readable(fd: number): number {
    return this.#queue(fd, SIOCINQ);
  }

  [Symbol.dispose](): void {
    this.unmountAll();
    this.#libc.close();
  }

  #mount(
    source: string,
    path: string,
    type: string,
    flags: number,
    options: string,
  ): void {
    this.#check(
      `mount ${path}`,
      this.#libc.symbols.mount(
        cString(source),
        cString(path),
        cString(type),
        BigInt(flags),
        cString(options),
      ),
    );
  }

  #queue(fd: number, which: bigint): number {
    const word = new Int32Array(1);
    this.#check(
      "ask what a socket holds",
      this.#libc.symbols.ioctl(fd, which, word),
    );
    return word[0]!;
  }

  #check(what: string, result: number): void {
    if (result < 0) {
      throw new HostError(
        `Cannot ${what}: ${errnoName(this.#libc.errno())}`,
      );
    }
  }
}
