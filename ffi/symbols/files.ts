/**
 * Requests on names.
 *
 * @module
 */
export const FILE_SYMBOLS = {
  // int open(const char *path, int flags, mode_t mode)
  open: { parameters: ["pointer", "i32", "u32"], result: "i32" },
  // int ioctl(int fd, unsigned long request, void *arg)
  ioctl: { parameters: ["i32", "usize", "pointer"], result: "i32" },
  // int name_to_handle_at(int dirfd, const char *path, struct file_handle *handle, int *mount_id, int flags)
  name_to_handle_at: {
    parameters: ["i32", "pointer", "pointer", "pointer", "i32"],
    result: "i32",
  },
  // int mkdir(const char *path, mode_t mode)
  mkdir: { parameters: ["pointer", "u32"], result: "i32" },
  // long syscall(SYS_mknodat, int dirfd, const char *path, mode_t mode, unsigned dev)
  // glibc has exported mknodat(2) only since 2.33.
  mknodat: {
    name: "syscall",
    parameters: ["i64", "i32", "pointer", "u32", "u32"],
    result: "i32",
  },
  // int symlink(const char *target, const char *path)
  symlink: { parameters: ["pointer", "pointer"], result: "i32" },
  // int link(const char *old, const char *new)
  link: { parameters: ["pointer", "pointer"], result: "i32" },
  // ssize_t readlink(const char *path, char *buf, size_t size)
  readlink: { parameters: ["pointer", "pointer", "usize"], result: "i32" },
  // int chmod(const char *path, mode_t mode)
  chmod: { parameters: ["pointer", "u32"], result: "i32" },
  // int lchown(const char *path, uid_t uid, gid_t gid)
  lchown: { parameters: ["pointer", "u32", "u32"], result: "i32" },
  // long syscall(SYS_faccessat2, int dirfd, const char *path, int mode, int flags)
  faccessat2: {
    name: "syscall",
    parameters: ["i64", "i32", "pointer", "i32", "i32"],
    result: "i32",
  },
  // int fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
  fchownat: {
    parameters: ["i32", "pointer", "u32", "u32", "i32"],
    result: "i32",
  },
  // int truncate(const char *path, off_t length)
  truncate: { parameters: ["pointer", "i64"], result: "i32" },
  // int utimensat(int dirfd, const char *path, const struct timespec times[2], int flags)
  utimensat: {
    parameters: ["i32", "pointer", "pointer", "i32"],
    result: "i32",
  },
  // int rename(const char *old, const char *new)
  rename: { parameters: ["pointer", "pointer"], result: "i32" },
  // int remove(const char *path)
  remove: { parameters: ["pointer"], result: "i32" },
  // ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
  lgetxattr: {
    parameters: ["pointer", "pointer", "pointer", "usize"],
    result: "i32",
  },
  // ssize_t llistxattr(const char *path, char *list, size_t size)
  llistxattr: { parameters: ["pointer", "pointer", "usize"], result: "i32" },
  // int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
  lsetxattr: {
    parameters: ["pointer", "pointer", "pointer", "usize", "i32"],
    result: "i32",
  },
  // int lremovexattr(const char *path, const char *name)
  lremovexattr: { parameters: ["pointer", "pointer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
