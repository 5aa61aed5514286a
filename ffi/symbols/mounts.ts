/**
 * Mounts and root directories.
 *
 * @module
 */
export const MOUNT_SYMBOLS = {
  // long syscall(SYS_open_tree, int dirfd, const char *path, unsigned flags)
  open_tree: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "u32"],
    result: "i32",
  },
  // long syscall(SYS_mount_setattr, int dirfd, const char *path, unsigned flags,
  //              struct mount_attr *attr, size_t size)
  mount_setattr: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "u32", "buffer", "usize"],
    result: "i32",
  },
  // long syscall(SYS_fsopen, const char *type, unsigned flags)
  fsopen: {
    name: "syscall",
    parameters: ["i64", "buffer", "u32"],
    result: "i32",
  },
  // long syscall(SYS_fsconfig, int fd, unsigned cmd, const char *key, const void *value, int aux)
  fsconfig: {
    name: "syscall",
    parameters: ["i64", "i32", "u32", "pointer", "pointer", "i32"],
    result: "i32",
  },
  // long syscall(SYS_fsmount, int fd, unsigned flags, unsigned attributes)
  fsmount: {
    name: "syscall",
    parameters: ["i64", "i32", "u32", "u32"],
    result: "i32",
  },
  // int unshare(int flags): of the calling thread
  unshare: { parameters: ["i32"], result: "i32" },
  // int chroot(const char *path)
  chroot: { parameters: ["buffer"], result: "i32" },
  // int chdir(const char *path)
  chdir: { parameters: ["buffer"], result: "i32" },
  // int fchdir(int fd)
  fchdir: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
