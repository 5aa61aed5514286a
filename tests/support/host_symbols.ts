/**
 * The libc functions of the host's side of a test.
 *
 * @module
 */
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";

/** What {@linkcode ./host.ts} calls. */
export const HOST_SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // int symlink(const char *target, const char *path)
  symlink: { parameters: ["buffer", "buffer"], result: "i32" },
  // int link(const char *old, const char *new)
  link: { parameters: ["buffer", "buffer"], result: "i32" },
  // long syscall(SYS_mknodat, int dirfd, const char *path, mode_t mode, unsigned dev)
  mknodat: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "u32", "u32"],
    result: "i32",
  },
  // int lchown(const char *path, uid_t uid, gid_t gid)
  lchown: { parameters: ["buffer", "u32", "u32"], result: "i32" },
  // int chmod(const char *path, mode_t mode)
  chmod: { parameters: ["buffer", "u32"], result: "i32" },
  // int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *buf)
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
  },
  // int statfs(const char *path, struct statfs *buf)
  statfs: { parameters: ["buffer", "buffer"], result: "i32" },
  // int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
  lsetxattr: {
    parameters: ["buffer", "buffer", "buffer", "usize", "i32"],
    result: "i32",
  },
  // ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
  lgetxattr: {
    parameters: ["buffer", "buffer", "buffer", "usize"],
    result: "i32",
  },
  // ssize_t llistxattr(const char *path, char *list, size_t size)
  llistxattr: { parameters: ["buffer", "buffer", "usize"], result: "i32" },
  // ssize_t readlink(const char *path, char *buf, size_t size)
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "i32" },
  // int openat(int dirfd, const char *path, int flags, mode_t mode)
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
  // off_t lseek(int fd, off_t offset, int whence)
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // int fcntl(int fd, int cmd, int arg)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int ioctl(int fd, unsigned long request, void *arg)
  ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  // long syscall(SYS_getdents64, int fd, void *dirents, size_t count)
  getdents64: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "usize"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** What {@linkcode ./system.ts} calls. */
export const SYSTEM_SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
  mount: {
    parameters: ["buffer", "buffer", "buffer", "usize", "buffer"],
    result: "i32",
  },
  // long syscall(SYS_move_mount, int from, const char *path, int to, const char *to_path, unsigned flags)
  move_mount: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "i32", "buffer", "u32"],
    result: "i32",
  },
  // int umount2(const char *target, int flags)
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
  // int prlimit(pid_t pid, int resource, const struct rlimit *new, struct rlimit *old)
  prlimit: { parameters: ["i32", "i32", "buffer", "buffer"], result: "i32" },
  // int ioctl(int fd, unsigned long request, void *arg)
  ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
