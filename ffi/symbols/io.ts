/**
 * Files, pipes and events of the program itself.
 *
 * @module
 */
export const IO_SYMBOLS = {
  // int openat(int dirfd, const char *path, int flags, mode_t mode)
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // ssize_t readlinkat(int dirfd, const char *path, char *buf, size_t size)
  readlinkat: {
    parameters: ["i32", "buffer", "buffer", "usize"],
    result: "i32",
  },
  // long syscall(SYS_getdents64, int fd, void *dirents, size_t count)
  getdents64: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "usize"],
    result: "i32",
  },
  // int poll(struct pollfd *fds, nfds_t nfds, int timeout): on this thread, see waiting.ts for the other
  poll_now: {
    name: "poll",
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
  },
  // int eventfd(unsigned initval, int flags)
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  // int dup3(int oldfd, int newfd, int flags)
  dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // long syscall(SYS_renameat2, int olddirfd, const char *old, int newdirfd, const char *new, unsigned flags)
  replace_file: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "i32", "buffer", "u32"],
    result: "i32",
  },
  // off_t lseek(int fd, off_t offset, int whence): of small files
  lseek: { parameters: ["i32", "i64", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
