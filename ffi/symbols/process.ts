/**
 * Rights, limits and memory of this process.
 *
 * @module
 */
export const PROCESS_SYMBOLS = {
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
  // int capget(struct __user_cap_header_struct *, struct __user_cap_data_struct [2])
  capget: { parameters: ["pointer", "pointer"], result: "i32" },
  // int prctl(int option, unsigned long ×4)
  prctl: {
    parameters: ["i32", "usize", "usize", "usize", "usize"],
    result: "i32",
  },
  // long syscall(SYS_seccomp, unsigned operation, unsigned flags, void *args)
  seccomp: {
    name: "syscall",
    parameters: ["i64", "u32", "u32", "buffer"],
    result: "i32",
  },
  // int getrlimit(int resource, struct rlimit *limit)
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  // int setrlimit(int resource, const struct rlimit *limit)
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  // mode_t umask(mode_t mask)
  umask: { parameters: ["u32"], result: "u32" },
  // sighandler_t signal(int signum, sighandler_t handler)
  signal: { parameters: ["i32", "usize"], result: "usize" },
  // unsigned long getauxval(unsigned long type)
  getauxval: { parameters: ["usize"], result: "usize" },
  // pid_t gettid(void): by syscall, glibc has it only since 2.30
  gettid: { name: "syscall", parameters: ["i64"], result: "i32" },
  // pid_t getpid(void)
  getpid: { parameters: [], result: "i32" },
  // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset):
  // at a given address, so that all there is to know is whether it is MAP_FAILED, -1
  mmap: {
    parameters: ["usize", "usize", "i32", "i32", "i32", "i64"],
    result: "i32",
  },
  // int madvise(void *addr, size_t length, int advice)
  madvise: { parameters: ["usize", "usize", "i32"], result: "i32" },
  // int malloc_trim(size_t pad): glibc's
  malloc_trim: { parameters: ["usize"], result: "i32", optional: true },
  // void *memcpy(void *dest, const void *src, size_t n): to an address, which is known
  copy_to_address: {
    name: "memcpy",
    parameters: ["usize", "buffer", "usize"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;
