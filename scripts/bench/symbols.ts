/**
 * The libc functions of the load client. Those that are called between two
 * readings of the clock take prepared pointers, as the helper's own do, see
 * {@linkcode ../../src/proxy/symbols.ts}.
 *
 * @module
 */
import { SOCKET_PAIR_SYMBOLS } from "../guest/socket_pair.ts";

export const LOAD_SYMBOLS = {
  ...SOCKET_PAIR_SYMBOLS,
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
  // int symlink(const char *target, const char *path): Deno's own asks to read and write everywhere
  symlink: { parameters: ["buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
