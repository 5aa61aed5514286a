/**
 * User namespaces without processes: each holds the two maps by which the ids
 * of a mount are mapped.
 *
 * @module
 */
import {
  __WALL,
  CLONE_NEWUSER,
  O_CLOEXEC,
  O_RDONLY,
  O_WRONLY,
} from "./constants.ts";
import { EINTR, EINVAL } from "./errno.ts";
import type { Libc } from "./libc.ts";
import { allocate, cString } from "./memory.ts";
import { ProcDirectory } from "./proc.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import type { START_SYMBOLS } from "./symbols/start.ts";
import { SystemError, thrower } from "./system_error.ts";

/** For a child that does no more than call _exit(2). */
const STACK_SIZE = 65536;
/** What both architectures want of a stack pointer. */
const STACK_ALIGNMENT = 16n;

/** Everything throws a SystemError on failure. */
export type UserNamespaceCalls = ReturnType<typeof userNamespaceCalls>;

export function userNamespaceCalls(
  libc: Libc<
    typeof DESCRIPTOR_SYMBOLS & typeof IO_SYMBOLS & typeof START_SYMBOLS
  >,
) {
  const c = libc.symbols;
  const must = thrower(libc);

  /**
   * A process in a new user namespace, which has ended already.
   *
   * A runtime with threads can neither unshare(2) its user namespace nor go on
   * after fork(2). So the child starts in libc's `_exit`, on a stack of its
   * own: no line of JavaScript runs in it, and it can't outlive us. What it
   * leaves, until it is waited for, has the namespace.
   */
  function endedChild(): number {
    const stack = allocate(libc, STACK_SIZE);
    const top = libc.addressOf(stack.bytes) + BigInt(STACK_SIZE);
    return must(
      "clone",
      // Without a signal in the flags its end is told to nobody but waitpid(2).
      c.clone(c._exit, top - top % STACK_ALIGNMENT, CLONE_NEWUSER, null),
    );
  }

  function waitFor(child: number): void {
    const status = new Int32Array(1);
    while (c.waitpid(child, status, __WALL) < 0) {
      const errno = libc.errno();
      if (errno !== EINTR) throw new SystemError("waitpid", errno);
    }
  }

  function open(proc: ProcDirectory, name: string, flags: number): number {
    return must(
      `open ${name}`,
      c.openat(proc.fd, cString(name), flags | O_CLOEXEC, 0),
    );
  }

  /** A map is written at once, and once only; then it is read back. */
  function write(proc: ProcDirectory, name: string, map: string): void {
    const fd = open(proc, name, O_WRONLY);
    const bytes = new TextEncoder().encode(map);
    try {
      must(`write ${name}`, c.write(fd, bytes, BigInt(bytes.length)));
    } finally {
      c.close(fd);
    }
    if (numbers(proc.readText(name)) !== numbers(map)) {
      throw new SystemError(`read ${name}`, EINVAL);
    }
  }

  return {
    /**
     * A new user namespace, as a descriptor for {@linkcode
     * ./mounts.ts}' `mapIds`; the caller closes it.
     *
     * @param uidMap the content of its `uid_map`, user_namespaces(7): lines of
     * "inside outside count", at most 340, less than a page
     */
    make(uidMap: string, gidMap: string): number {
      const child = endedChild();
      try {
        using proc = new ProcDirectory(libc, child);
        write(proc, "uid_map", uidMap);
        write(proc, "gid_map", gidMap);
        return open(proc, "ns/user", O_RDONLY);
      } finally {
        waitFor(child);
      }
    },

    close: (fd: number): void => {
      c.close(fd);
    },
  };
}

/** The kernel pads its columns, and sorts the lines of a long map. */
function numbers(map: string): string {
  return map.trim().split("\n")
    .map((line) => line.trim().split(/\s+/).join(" "))
    .sort().join("\n");
}
