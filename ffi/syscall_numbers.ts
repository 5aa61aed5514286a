/**
 * Numbers of the system calls that the filter allows or that are made by
 * syscall(2): of x86_64 (`asm/unistd_64.h`), then of aarch64
 * (`asm-generic/unistd.h`), where the older calls on names do not exist: there
 * libc uses the `*at` forms.
 *
 * @module
 */
const NONE = -1;

// deno-fmt-ignore
const NUMBERS = {
  accept4: [288, 242], brk: [12, 214], capget: [125, 90], capset: [126, 91], chdir: [80, 49],
  chmod: [90, NONE], clock_getres: [229, 114], clock_gettime: [228, 113],
  clock_nanosleep: [230, 115], clone: [56, 220], clone3: [435, 435], close: [3, 57],
  copy_file_range: [326, 285], epoll_create1: [291, 20], epoll_ctl: [233, 21],
  epoll_pwait: [281, 22], epoll_wait: [232, NONE], eventfd2: [290, 19], exit: [60, 93],
  exit_group: [231, 94], faccessat2: [439, 439], fallocate: [285, 47], fchdir: [81, 50],
  fchmodat: [268, 53], fchownat: [260, 54], fcntl: [72, 25], fdatasync: [75, 83], flock: [73, 32],
  fsconfig: [431, 431], fsmount: [432, 432], fsopen: [430, 430], fstat: [5, 80], fstatfs: [138, 44],
  fsync: [74, 82], ftruncate: [77, 46], futex: [202, 98], getdents64: [217, 61], getpid: [39, 172],
  getrandom: [318, 278], getsockopt: [55, 209], gettid: [186, 178], gettimeofday: [96, 169],
  getxattr: [191, 8], ioctl: [16, 29], lchown: [94, NONE], lgetxattr: [192, 9], link: [86, NONE],
  linkat: [265, 37], listxattr: [194, 11], llistxattr: [195, 12], lremovexattr: [198, 15],
  lseek: [8, 62], lsetxattr: [189, 6], madvise: [28, 233], membarrier: [324, 283],
  mkdir: [83, NONE], mkdirat: [258, 34], mknodat: [259, 33], mmap: [9, 222],
  mount_setattr: [442, 442], mprotect: [10, 226], mremap: [25, 216], munmap: [11, 215],
  name_to_handle_at: [303, 264], nanosleep: [35, 101], newfstatat: [262, 79], open: [2, NONE],
  open_tree: [428, 428], openat: [257, 56], openat2: [437, 437], pidfd_open: [434, 434],
  pkey_mprotect: [329, 288], poll: [7, NONE], ppoll: [271, 73], prctl: [157, 167],
  preadv2: [327, 286], pwritev2: [328, 287], read: [0, 63], readlink: [89, NONE],
  readlinkat: [267, 78], recvfrom: [45, 207], recvmsg: [47, 212], removexattr: [197, 14],
  rename: [82, NONE], renameat: [264, 38], renameat2: [316, 276], restart_syscall: [219, 128],
  rmdir: [84, NONE], rseq: [334, 293], rt_sigaction: [13, 134], rt_sigprocmask: [14, 135],
  rt_sigreturn: [15, 139], sched_getaffinity: [204, 123], sched_getparam: [143, 121],
  sched_getscheduler: [145, 120], sched_yield: [24, 124], seccomp: [317, 277], sendmsg: [46, 211],
  sendto: [44, 206], set_robust_list: [273, 99], setfsgid: [123, 152], setfsuid: [122, 151],
  setgroups: [116, 159], setresgid: [119, 149], setresuid: [117, 147], setsockopt: [54, 208],
  setxattr: [188, 5], sigaltstack: [131, 132], socket: [41, 198], statfs: [137, 43],
  statx: [332, 291], symlink: [88, NONE], symlinkat: [266, 36], syncfs: [306, 267],
  sysinfo: [99, 179], tgkill: [234, 131], time: [201, NONE], truncate: [76, 45], umask: [95, 166],
  unlink: [87, NONE], unlinkat: [263, 35], utimensat: [280, 88], write: [1, 64], writev: [20, 66],
} as const;

/** A system call that has a number here. */
export type SyscallName = keyof typeof NUMBERS;

/** What the kernel of a machine counts by. */
export type Architecture = "x86_64" | "aarch64";

/**
 * The numbers of this machine, for syscall(2); -1, which fails with ENOSYS,
 * where there is no such call.
 */
export const SYS = Object.fromEntries(
  Object.entries(NUMBERS).map((
    [name, numbers],
  ) => [name, BigInt(numbers[Deno.build.arch === "x86_64" ? 0 : 1])]),
) as Readonly<Record<SyscallName, bigint>>;

/** The number of a call; undefined where there is no such call. */
export function syscallNumber(
  name: SyscallName,
  architecture: Architecture,
): number | undefined {
  const number = NUMBERS[name][architecture === "x86_64" ? 0 : 1];
  return number === NONE ? undefined : number;
}
