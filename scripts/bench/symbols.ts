/**
 * The libc functions of the load client. Hot ones take prepared pointers, as
 * the helper's own do, see {@linkcode ../../src/proxy/symbols.ts}.
 *
 * @module
 */
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";

export const LOAD_SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // int socketpair(int domain, int type, int protocol, int fds[2])
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  // int fcntl(int fd, int cmd, int arg)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "pointer", "usize"], result: "i32" },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { parameters: ["i32", "pointer", "usize"], result: "i32" },
  // The same, to continue in the middle of a buffer
  read_into: {
    name: "read",
    parameters: ["i32", "buffer", "usize"],
    result: "i32",
  },
  // ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
  recvmsg: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  // int clock_gettime(clockid_t clock, struct timespec *time)
  clock_gettime: { parameters: ["i32", "pointer"], result: "i32" },
  // int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest)
  // Returns an errno, not -1.
  clock_nanosleep: {
    parameters: ["i32", "i32", "pointer", "pointer"],
    result: "i32",
  },
  // int prctl(int option, unsigned long ×4)
  prctl: {
    parameters: ["i32", "usize", "usize", "usize", "usize"],
    result: "i32",
  },
  // int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *mask)
  sched_setaffinity: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  // int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
  lsetxattr: {
    parameters: ["buffer", "buffer", "buffer", "usize", "i32"],
    result: "i32",
  },
  // int symlink(const char *target, const char *path): Deno's own wants to read and write everywhere
  symlink: { parameters: ["buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
