/**
 * Starts this program once more, in the background.
 *
 * @module
 */
import {
  F_DUPFD,
  F_SETFD,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_RDWR,
  POLLERR,
} from "./constants.ts";
import { SYS } from "./syscall_numbers.ts";
import type { Libc } from "./libc.ts";
import { cString } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import type { PROCESS_SYMBOLS } from "./symbols/process.ts";
import type { START_SYMBOLS } from "./symbols/start.ts";
import { SystemError, thrower } from "./system_error.ts";

/** Room for posix_spawnattr_t and posix_spawn_file_actions_t: 336 and 80 bytes in glibc, less in musl. */
const OPAQUE_SIZE = 512;
/** glibc 2.26, musl 1.1.22. */
const POSIX_SPAWN_SETSID = 0x80;

/** Above stdio. */
const FIRST_FREE = 3;

export type SpawnCalls = ReturnType<typeof spawnCalls>;

export function spawnCalls(
  libc: Libc<
    & typeof DESCRIPTOR_SYMBOLS
    & typeof IO_SYMBOLS
    & typeof PROCESS_SYMBOLS
    & typeof START_SYMBOLS
  >,
) {
  const c = libc.symbols;
  const must = thrower(libc);
  /** What posix_spawn(3) and its family return is an errno. */
  const check = (errno: number): void => {
    if (errno !== 0) throw new SystemError("posix_spawn", errno);
  };
  /** An array of C strings, by their addresses: the strings have to stay alive. */
  const vector = (strings: readonly Uint8Array<ArrayBuffer>[]) =>
    new BigUint64Array([...strings.map(libc.addressOf), 0n]);

  return {
    pid: (): number => c.getpid(),

    /** 0 for a parent in another pid namespace. */
    parent: (): number => c.getppid(),

    /** A descriptor that becomes readable when the process ends, pidfd_open(2), Linux 5.3. */
    openProcess: (pid: number): number =>
      must("pidfd_open", c.pidfd_open(SYS.pidfd_open, pid, 0)),

    /** A pipe whose writing end a child inherits. */
    pipe(): { readonly read: number; readonly write: number } {
      const fds = new Int32Array(2);
      must("pipe2", c.pipe2(fds, O_CLOEXEC));
      const [read = -1, write = -1] = fds;
      must("fcntl", c.fcntl(write, F_SETFD, 0));
      return { read, write };
    },

    /**
     * Starts the running executable with these arguments and variables, in a
     * session of its own, with stdin, stdout and stderr on /dev/null. Returns
     * its pid.
     */
    spawnSelf(args: readonly string[], environment: readonly string[]): number {
      const actions = new Uint8Array(new ArrayBuffer(OPAQUE_SIZE));
      const attributes = new Uint8Array(new ArrayBuffer(OPAQUE_SIZE));
      const pid = new Int32Array(1);
      const program = cString("/proc/self/exe"), nothing = cString("/dev/null");
      const argv = args.map(cString), envp = environment.map(cString);
      check(c.posix_spawn_file_actions_init(actions));
      for (const fd of [0, 1, 2]) {
        check(
          c.posix_spawn_file_actions_addopen(actions, fd, nothing, O_RDWR, 0),
        );
      }
      check(c.posix_spawnattr_init(attributes));
      check(c.posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID));
      check(
        c.posix_spawn(
          pid,
          program,
          actions,
          attributes,
          vector(argv),
          vector(envp),
        ),
      );
      return pid[0]!;
    },

    /** Waits for one byte: false where the other end has closed without. */
    readByte: (fd: number): boolean => c.read(fd, new Uint8Array(1), 1n) === 1,

    /** Sends one byte: false where nobody reads. */
    writeByte: (fd: number): boolean =>
      c.write(fd, new Uint8Array([1]), 1n) === 1,

    /** Whether anybody has the other end of a pipe, whose writing end is `fd`. */
    isHeard(fd: number): boolean {
      // struct pollfd: int fd, short events, short revents
      const entry = new Int32Array([fd, 0]);
      must("poll", c.poll_now(entry, 1n, 0));
      return ((entry[1]! >> 16) & POLLERR) === 0;
    },

    /** Waits for a child; returns its wait status. */
    waitFor(pid: number): number {
      const status = new Int32Array(1);
      must("waitpid", c.waitpid(pid, status, 0));
      return status[0]!;
    },

    /** Another descriptor of the same, which a child inherits. */
    duplicate: (fd: number): number =>
      must("fcntl", c.fcntl(fd, F_DUPFD, FIRST_FREE)),

    keepFromChildren: (fd: number): void => {
      must("fcntl", c.fcntl(fd, F_SETFD, FD_CLOEXEC));
    },

    close: (fd: number): void => {
      c.close(fd);
    },
  };
}
