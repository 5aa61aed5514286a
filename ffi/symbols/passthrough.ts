/**
 * Requests on files that are known by descriptor. No name here is one of
 * another table, so that a front end can have them all.
 *
 * @module
 */
export const PASSTHROUGH_SYMBOLS = {
  // int openat(int dirfd, const char *path, int flags, mode_t mode)
  open_at: {
    name: "openat",
    parameters: ["i32", "pointer", "i32", "u32"],
    result: "i32",
  },
  // long syscall(SYS_openat2, int dirfd, const char *path, struct open_how *how, size_t size)
  open_beneath: {
    name: "syscall",
    parameters: ["i64", "i32", "pointer", "pointer", "u64"],
    result: "i32",
  },
  // int fstatfs(int fd, struct statfs *buf)
  fstatfs: { parameters: ["i32", "pointer"], result: "i32" },
  // ssize_t readlinkat(int dirfd, const char *path, char *buf, size_t size)
  read_link: {
    name: "readlinkat",
    parameters: ["i32", "pointer", "pointer", "u64"],
    result: "i32",
  },
  // ssize_t preadv2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
  preadv2: {
    parameters: ["i32", "u64", "i32", "u64", "i32"],
    result: "i32",
  },
  // ssize_t pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
  pwritev2: {
    parameters: ["i32", "u64", "i32", "u64", "i32"],
    result: "i32",
  },
  // long syscall(SYS_getdents64, int fd, void *dirents, size_t count)
  read_entries: {
    name: "syscall",
    parameters: ["i64", "i32", "pointer", "u64"],
    result: "i32",
  },
  // off_t lseek(int fd, off_t offset, int whence): the lower half of the result
  seek_low: {
    name: "lseek",
    parameters: ["i32", "u64", "i32"],
    result: "i32",
  },
  // The same, all of the result: a BigInt
  seek_wide: {
    name: "lseek",
    parameters: ["i32", "u64", "i32"],
    result: "i64",
  },
  // int fallocate(int fd, int mode, off_t offset, off_t length)
  fallocate: { parameters: ["i32", "i32", "u64", "u64"], result: "i32" },
  // ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t length, unsigned flags)
  copy_file_range: {
    parameters: ["i32", "pointer", "i32", "pointer", "u64", "u32"],
    result: "i32",
  },
  // int fsync(int fd)
  fsync: { parameters: ["i32"], result: "i32" },
  // int fdatasync(int fd)
  fdatasync: { parameters: ["i32"], result: "i32" },
  // int syncfs(int fd)
  syncfs: { parameters: ["i32"], result: "i32" },
  // int mkdirat(int dirfd, const char *path, mode_t mode)
  mkdirat: { parameters: ["i32", "pointer", "u32"], result: "i32" },
  // long syscall(SYS_mknodat, int dirfd, const char *path, mode_t mode, unsigned dev)
  make_node_at: {
    name: "syscall",
    parameters: ["i64", "i32", "pointer", "u32", "u32"],
    result: "i32",
  },
  // int symlinkat(const char *target, int dirfd, const char *path)
  symlinkat: { parameters: ["pointer", "i32", "pointer"], result: "i32" },
  // int linkat(int olddirfd, const char *old, int newdirfd, const char *new, int flags)
  link_at: {
    name: "linkat",
    parameters: ["i32", "pointer", "i32", "pointer", "i32"],
    result: "i32",
  },
  // int unlinkat(int dirfd, const char *path, int flags)
  unlink_at: {
    name: "unlinkat",
    parameters: ["i32", "pointer", "i32"],
    result: "i32",
  },
  // long syscall(SYS_renameat2, int olddirfd, const char *old, int newdirfd, const char *new, unsigned flags)
  rename_at: {
    name: "syscall",
    parameters: ["i64", "i32", "pointer", "i32", "pointer", "u32"],
    result: "i32",
  },
  // int fchmodat(int dirfd, const char *path, mode_t mode, int flags)
  fchmodat: { parameters: ["i32", "pointer", "u32", "i32"], result: "i32" },
  // int fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
  own_at: {
    name: "fchownat",
    parameters: ["i32", "pointer", "u32", "u32", "i32"],
    result: "i32",
  },
  // long syscall(SYS_faccessat2, int dirfd, const char *path, int mode, int flags)
  access_at: {
    name: "syscall",
    parameters: ["i64", "i32", "pointer", "i32", "i32"],
    result: "i32",
  },
  // int ftruncate(int fd, off_t length)
  truncate_open: {
    name: "ftruncate",
    parameters: ["i32", "u64"],
    result: "i32",
  },
  // int utimensat(int dirfd, const char *path, const struct timespec times[2], int flags)
  set_times_at: {
    name: "utimensat",
    parameters: ["i32", "pointer", "pointer", "i32"],
    result: "i32",
  },
  // ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
  getxattr: {
    parameters: ["pointer", "pointer", "pointer", "u64"],
    result: "i32",
  },
  // ssize_t listxattr(const char *path, char *list, size_t size)
  listxattr: { parameters: ["pointer", "pointer", "u64"], result: "i32" },
  // int setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
  setxattr: {
    parameters: ["pointer", "pointer", "pointer", "u64", "i32"],
    result: "i32",
  },
  // int removexattr(const char *path, const char *name)
  removexattr: { parameters: ["pointer", "pointer"], result: "i32" },
  // mode_t umask(mode_t mask)
  mask_modes: { name: "umask", parameters: ["u32"], result: "u32" },
  // long syscall(SYS_setgroups, size_t size, const gid_t *list): of this thread alone
  set_thread_groups: {
    name: "syscall",
    parameters: ["i64", "i32", "pointer"],
    result: "i32",
  },
  // int capget(struct __user_cap_header_struct *, struct __user_cap_data_struct [2])
  get_capabilities: {
    name: "capget",
    parameters: ["pointer", "pointer"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;
