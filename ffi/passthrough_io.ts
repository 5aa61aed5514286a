/**
 * The system calls behind FUSE requests on files and directories that are open.
 * What {@linkcode ./passthrough.ts} says of its wrappers holds here.
 *
 * @module
 */
import type { Libc } from "./libc.ts";
import { F_DUPFD_CLOEXEC, SEEK_SET } from "./passthrough_constants.ts";
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

/** 64-bit numbers in memory that C can read. */
export type Wide = BigUint64Array<ArrayBuffer>;

/** Binds the calls to `libc`. */
export function openedFileCalls(
  libc: Libc<typeof DESCRIPTOR_SYMBOLS & typeof PASSTHROUGH_SYMBOLS>,
) {
  const c = libc.symbols;
  const check = checker(libc);

  return {
    /**
     * preadv2(2). The address of the array is the element of `vector`: beside a
     * pointer, V8 makes an object of each 64-bit argument.
     */
    read: (
      fd: Fd,
      vector: Wide,
      count: number,
      wide: Wide,
      at: number,
    ): Size | Errno => check(c.preadv2(fd, vector[0]!, count, wide[at]!, 0)),

    /** pwritev2(2), the same. */
    write: (
      fd: Fd,
      vector: Wide,
      count: number,
      wide: Wide,
      at: number,
      flags: number,
    ): Size | Errno =>
      check(c.pwritev2(fd, vector[0]!, count, wide[at]!, flags)),

    /** getdents64(2); `room` is a constant. */
    readEntries: (
      fd: Fd,
      into: Deno.PointerObject,
      room: bigint,
    ): Size | Errno => check(c.read_entries(SYS.getdents64, fd, into, room)),

    /** Moves to a position of a directory, of which `low` is the lower half. */
    seek(fd: Fd, wide: Wide, at: number, low: number): Done | Errno {
      const moved = c.seek_low(fd, wide[at]!, SEEK_SET);
      if (moved !== -1) return 0;
      // The lower half of success, too, where the position ends so: ext4's end of a directory does.
      if (low === 0xffffffff && c.seek_wide(fd, wide[at]!, SEEK_SET) >= 0n) {
        return 0;
      }
      return check(-1);
    },

    /** lseek(2), its result as a BigInt, which is -1 on failure: {@linkcode lastError} then has the errno. */
    seekWide: (fd: Fd, wide: Wide, at: number, whence: number): bigint =>
      c.seek_wide(fd, wide[at]!, whence),

    /** The errno of the call that has just failed, negative. */
    lastError: (): Errno => check<never>(-1),

    /** fallocate(2): the offset is at `at`, the length after it. */
    allocate: (fd: Fd, mode: number, wide: Wide, at: number): Done | Errno =>
      check(c.fallocate(fd, mode | 0, wide[at]!, wide[at + 1]!)),

    /** copy_file_range(2). The kernel moves the offsets that the pointers lead to. */
    copyRange: (
      from: Fd,
      fromAt: Deno.PointerObject,
      to: Fd,
      toAt: Deno.PointerObject,
      wide: Wide,
      at: number,
      flags: number,
    ): Size | Errno =>
      check(c.copy_file_range(from, fromAt, to, toAt, wide[at]!, flags)),

    sync: (fd: Fd): Done | Errno => check(c.fsync(fd)),
    syncData: (fd: Fd): Done | Errno => check(c.fdatasync(fd)),
    /** Not by an O_PATH descriptor. */
    syncFileSystem: (fd: Fd): Done | Errno => check(c.syncfs(fd)),

    /** What close(2) of one of several descriptors of the file says: errors of writing that came late. */
    flush(fd: Fd): Done | Errno {
      const copy = check<Fd>(c.fcntl(fd, F_DUPFD_CLOEXEC, 0));
      return failed(copy) ? copy : check(c.close(copy));
    },
  };
}
