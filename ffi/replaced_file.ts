/**
 * A file that is replaced by a new one each time its content changes, so that
 * whoever opens it has all of the one or of the other. The newest is locked by
 * who has written it.
 *
 * @module
 */
import {
  LOCK_EX_NB,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from "./constants.ts";
import { EACCES, EEXIST, ENOSPC } from "./errno.ts";
import type { Libc } from "./libc.ts";
import { cString } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import type { SOCKET_SYMBOLS } from "./symbols/sockets.ts";
import type { START_SYMBOLS } from "./symbols/start.ts";
import { SYS } from "./syscall_numbers.ts";
import { SystemError, thrower } from "./system_error.ts";

/** lockf(3): take the lock, or fail where another process has it; whether one has it. */
const F_TLOCK = 2, F_TEST = 3;
/** To be read by anybody. */
const MODE = 0o644;

/** What fails throws a SystemError, unless said otherwise. */
export type ReplacedFileCalls = ReturnType<typeof replacedFileCalls>;

export function replacedFileCalls(
  libc: Libc<
    & typeof DESCRIPTOR_SYMBOLS
    & typeof IO_SYMBOLS
    & typeof SOCKET_SYMBOLS
    & typeof START_SYMBOLS
  >,
) {
  const c = libc.symbols;
  const must = thrower(libc);

  function create(directory: number, name: Uint8Array<ArrayBuffer>): number {
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const fd = c.openat(directory, name, flags, MODE);
    if (fd >= 0 || libc.errno() !== EEXIST) return must("open", fd);
    // Left over by one that was killed. It is not opened: somebody may have made it a link.
    must("unlink", c.unlinkat(directory, name, 0));
    return must("open", c.openat(directory, name, flags, MODE));
  }

  return {
    /**
     * Writes `text` to a new file `draft` of `directory`, which then takes the
     * place of `name`. Returns a descriptor of it that holds two locks: lockf(3),
     * which goes with any descriptor of it that is closed, and flock(2), by which
     * whoever may read the file can see that its writer lives.
     */
    write(
      directory: number,
      draft: string,
      name: string,
      text: string,
    ): number {
      const temporary = cString(draft);
      const fd = create(directory, temporary);
      try {
        // Where a file system has no locks, nobody can tell whose the file is.
        c.lockf(fd, F_TLOCK, 0n);
        c.flock(fd, LOCK_EX_NB);
        const bytes = new TextEncoder().encode(text);
        const written = must("write", c.write(fd, bytes, BigInt(bytes.length)));
        // The end of a full disk.
        if (written < bytes.length) throw new SystemError("write", ENOSPC);
        must(
          "rename",
          c.replace_file(
            SYS.renameat2,
            directory,
            temporary,
            directory,
            cString(name),
            0,
          ),
        );
      } catch (error) {
        c.close(fd);
        c.unlinkat(directory, temporary, 0);
        throw error;
      }
      return fd;
    },

    /**
     * Whether who has written the file still holds it; false also where that
     * can't be told. By lockf(3): it locks for those only who may write, while
     * by flock(2) anybody could keep the next helper from starting.
     */
    isLocked(directory: number, name: string): boolean {
      const flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;
      const fd = c.openat(directory, cString(name), flags, 0);
      if (fd < 0) return false;
      const locked = c.lockf(fd, F_TEST, 0n) < 0 && libc.errno() === EACCES;
      c.close(fd);
      return locked;
    },

    close: (fd: number): void => {
      c.close(fd);
    },
  };
}
