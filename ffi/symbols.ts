/**
 * Every libc function that the helper calls, and nothing else: the whole of
 * its access to the kernel can be read here. The C declaration stands above
 * each row.
 *
 * Why the odd types:
 * - `pointer` for hot-path buffers: a prepared pointer costs 7 ns a call, a
 *   typed array 19.
 * - `i32` for an `ssize_t` result: no result here reaches 2 GiB, and an i32
 *   makes no BigInt.
 * - `usize` for every `size_t`: the upper half of the register would be
 *   garbage otherwise.
 * - Variadic functions (`open`, `fcntl`, `ioctl`, `prctl`, `syscall`) take
 *   their arguments in the same registers as fixed ones on x86_64 and aarch64.
 *
 * @module
 */

/** Requests on names, made for each request of QEMU. */
const FILE_SYMBOLS = {
  // int open(const char *path, int flags, mode_t mode)
  open: { parameters: ["pointer", "i32", "u32"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
  // int fcntl(int fd, int cmd, int arg)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int ioctl(int fd, unsigned long request, void *arg)
  ioctl: { parameters: ["i32", "usize", "pointer"], result: "i32" },
  // int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *buf)
  statx: {
    parameters: ["i32", "pointer", "i32", "u32", "pointer"],
    result: "i32",
  },
  // int name_to_handle_at(int dirfd, const char *path, struct file_handle *handle, int *mount_id, int flags)
  name_to_handle_at: {
    parameters: ["i32", "pointer", "pointer", "pointer", "i32"],
    result: "i32",
  },
  // int statfs(const char *path, struct statfs *buf)
  statfs: { parameters: ["pointer", "pointer"], result: "i32" },
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

/** The identity that files are created under: of the calling thread only. */
const IDENTITY_SYMBOLS = {
  // int setfsuid(uid_t fsuid): returns the previous fsuid, never an error
  setfsuid: { parameters: ["u32"], result: "u32" },
  // int setfsgid(gid_t fsgid)
  setfsgid: { parameters: ["u32"], result: "u32" },
  // int capset(struct __user_cap_header_struct *, const struct __user_cap_data_struct [2])
  capset: { parameters: ["pointer", "pointer"], result: "i32" },
  // int capget(struct __user_cap_header_struct *, struct __user_cap_data_struct [2])
  capget: { parameters: ["pointer", "pointer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The connection to QEMU. */
const SOCKET_SYMBOLS = {
  // ssize_t recv(int fd, void *buf, size_t len, int flags)
  recv: { parameters: ["i32", "pointer", "usize", "i32"], result: "i32" },
  // The same, to continue in the middle of a buffer
  recv_into: {
    name: "recv",
    parameters: ["i32", "buffer", "usize", "i32"],
    result: "i32",
  },
  // ssize_t send(int fd, const void *buf, size_t len, int flags)
  send: { parameters: ["i32", "pointer", "usize", "i32"], result: "i32" },
  // The same, for what is left of a reply that the kernel took only in part
  send_from: {
    name: "send",
    parameters: ["i32", "buffer", "usize", "i32"],
    result: "i32",
  },
  // ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
  sendmsg: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  // int poll(struct pollfd *fds, nfds_t nfds, int timeout): on another thread,
  // so that the event loop goes on; errno is lost there
  poll: {
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
  // The same on this thread, to look and not to wait
  poll_now: {
    name: "poll",
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
  },
  // int clock_gettime(clockid_t clock, struct timespec *now)
  clock_gettime: { parameters: ["i32", "pointer"], result: "i32" },
  // int eventfd(unsigned initval, int flags)
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // ssize_t read(int fd, void *buf, size_t count)
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // off_t lseek(int fd, off_t offset, int whence): of small files
  lseek: { parameters: ["i32", "i64", "i32"], result: "i32" },
  // int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  // int socket(int domain, int type, int protocol)
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int connect(int fd, const struct sockaddr *address, socklen_t len)
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int bind(int fd, const struct sockaddr *address, socklen_t len)
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int listen(int fd, int backlog)
  listen: { parameters: ["i32", "i32"], result: "i32" },
  // int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
  accept4: { parameters: ["i32", "pointer", "pointer", "i32"], result: "i32" },
  // int unlinkat(int dirfd, const char *path, int flags)
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  // int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** Called while the jail is built, never after. */
const JAIL_SYMBOLS = {
  // int openat(int dirfd, const char *path, int flags, mode_t mode)
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
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
  // int clone(int (*fn)(void *), void *stack, int flags, void *arg)
  clone: {
    parameters: ["pointer", "usize", "i32", "pointer"],
    result: "i32",
  },
  // void _exit(int status): its address, for clone() to start a child in
  _exit: { type: "pointer" },
  // int unshare(int flags): of the calling thread
  unshare: { parameters: ["i32"], result: "i32" },
  // long syscall(SYS_getdents64, int fd, void *dirents, size_t count)
  getdents64: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "usize"],
    result: "i32",
  },
  // long syscall(SYS_seccomp, unsigned operation, unsigned flags, void *args)
  seccomp: {
    name: "syscall",
    parameters: ["i64", "u32", "u32", "buffer"],
    result: "i32",
  },
  // long syscall(SYS_openat2, int dirfd, const char *path, struct open_how *how, size_t size)
  openat2: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "buffer", "usize"],
    result: "i32",
  },
  // int renameat(int olddirfd, const char *old, int newdirfd, const char *new)
  renameat: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
  // int linkat(int olddirfd, const char *old, int newdirfd, const char *new, int flags)
  linkat: {
    parameters: ["i32", "buffer", "i32", "buffer", "i32"],
    result: "i32",
  },
  // int fchdir(int fd)
  fchdir: { parameters: ["i32"], result: "i32" },
  // int chroot(const char *path)
  chroot: { parameters: ["buffer"], result: "i32" },
  // int chdir(const char *path)
  chdir: { parameters: ["buffer"], result: "i32" },
  // mode_t umask(mode_t mask)
  umask: { parameters: ["u32"], result: "u32" },
  // int setgroups(size_t size, const gid_t *list): all threads
  setgroups: { parameters: ["usize", "pointer"], result: "i32" },
  // int getgroups(int size, gid_t list[])
  getgroups: { parameters: ["i32", "pointer"], result: "i32" },
  // int setresuid(uid_t, uid_t, uid_t): glibc carries it to all threads
  setresuid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  // int setresgid(gid_t, gid_t, gid_t): all threads
  setresgid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  // long syscall(SYS_setresuid | SYS_setresgid, id, id, id): this thread alone
  setresid_thread: {
    name: "syscall",
    parameters: ["i64", "u32", "u32", "u32"],
    result: "i32",
  },
  // int getresuid(uid_t *, uid_t *, uid_t *)
  getresuid: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  // int prctl(int option, unsigned long ×4)
  prctl: {
    parameters: ["i32", "usize", "usize", "usize", "usize"],
    result: "i32",
  },
  // int getrlimit(int resource, struct rlimit *limit)
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  // int setrlimit(int resource, const struct rlimit *limit)
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  // sighandler_t signal(int signum, sighandler_t handler)
  signal: { parameters: ["i32", "usize"], result: "usize" },
  // ssize_t readlinkat(int dirfd, const char *path, char *buf, size_t size)
  readlinkat: {
    parameters: ["i32", "buffer", "buffer", "usize"],
    result: "i32",
  },
  // int dup3(int oldfd, int newfd, int flags)
  dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset):
  // at a given address, so that all there is to know is whether it is MAP_FAILED, -1
  mmap: {
    parameters: ["usize", "usize", "i32", "i32", "i32", "i64"],
    result: "i32",
  },
  // int madvise(void *addr, size_t length, int advice)
  madvise: { parameters: ["usize", "usize", "i32"], result: "i32" },
  // void *memcpy(void *dest, const void *src, size_t n): to an address, which is known
  copy_to_address: {
    name: "memcpy",
    parameters: ["usize", "buffer", "usize"],
    result: "i32",
  },
  // unsigned long getauxval(unsigned long type)
  getauxval: { parameters: ["usize"], result: "usize" },
  // pid_t gettid(void): by syscall, glibc has it only since 2.30
  gettid: { name: "syscall", parameters: ["i64"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Called once, to start in the background or to find out who is who. */
const START_SYMBOLS = {
  // int pipe2(int fds[2], int flags)
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  // pid_t getpid(void)
  getpid: { parameters: [], result: "i32" },
  // pid_t getppid(void)
  getppid: { parameters: [], result: "i32" },
  // long syscall(SYS_pidfd_open, pid_t pid, unsigned flags)
  pidfd_open: {
    name: "syscall",
    parameters: ["i64", "i32", "u32"],
    result: "i32",
  },
  // pid_t waitpid(pid_t pid, int *status, int options)
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  // int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *,
  //                 const posix_spawnattr_t *, char *const argv[], char *const envp[])
  // Returns an errno, not -1; so do the rest of its family.
  posix_spawn: {
    parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  // int posix_spawnattr_init(posix_spawnattr_t *)
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  // int posix_spawnattr_setflags(posix_spawnattr_t *, short flags)
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  // int posix_spawn_file_actions_init(posix_spawn_file_actions_t *)
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  // int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *, int fd,
  //                                      const char *path, int flags, mode_t mode)
  posix_spawn_file_actions_addopen: {
    parameters: ["buffer", "i32", "buffer", "i32", "u32"],
    result: "i32",
  },
  // int fcntl(int fd, int cmd, struct flock *lock)
  fcntl_lock: {
    name: "fcntl",
    parameters: ["i32", "i32", "buffer"],
    result: "i32",
  },
  // int lockf(int fd, int cmd, off_t len)
  lockf: { parameters: ["i32", "i32", "i64"], result: "i32" },
  // int ftruncate(int fd, off_t length)
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  // struct passwd *getpwnam(const char *name)
  getpwnam: { parameters: ["buffer"], result: "pointer" },
  // struct passwd *getpwuid(uid_t uid)
  getpwuid: { parameters: ["u32"], result: "pointer" },
  // struct group *getgrnam(const char *name)
  getgrnam: { parameters: ["buffer"], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** How errors and addresses are had under a scoped ffi grant, see {@linkcode ./libc.ts}. */
const MEMORY_SYMBOLS = {
  // int *__errno_location(void)
  __errno_location: { parameters: [], result: "pointer" },
  // void *memcpy(void *dest, const void *src, size_t n)
  copy_from: {
    name: "memcpy",
    parameters: ["buffer", "pointer", "usize"],
    result: "pointer",
  },
  // The same between two addresses; without a result, as a pointer is an object on the heap
  copy_between: {
    name: "memcpy",
    parameters: ["pointer", "pointer", "usize"],
    result: "void",
  },
  // The same as copy_from, its result as a number
  address_of: {
    name: "memcpy",
    parameters: ["buffer", "pointer", "usize"],
    result: "usize",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** The helper's libc functions, all of them. */
export const SYMBOLS = {
  ...FILE_SYMBOLS,
  ...IDENTITY_SYMBOLS,
  ...SOCKET_SYMBOLS,
  ...JAIL_SYMBOLS,
  ...START_SYMBOLS,
  ...MEMORY_SYMBOLS,
} as const satisfies Deno.ForeignLibraryInterface;

/** Those that no request of QEMU waits for: see {@linkcode ./libc.ts}. */
export const SELDOM: ReadonlySet<string> = new Set([
  ...Object.keys({ ...JAIL_SYMBOLS, ...START_SYMBOLS }),
  ...["eventfd", "write", "read", "lseek", "getsockopt", "setsockopt"],
  ...["socket", "connect", "bind", "listen", "accept4", "unlinkat"],
  ...["send_from"],
]);

/** What any library needs to be wrapped in a {@linkcode ./libc.ts} `Libc`. */
export type MemorySymbols = typeof MEMORY_SYMBOLS;
export { MEMORY_SYMBOLS };
