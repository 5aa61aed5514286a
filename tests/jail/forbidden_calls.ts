/**
 * Calls that a helper must never make once it serves, by numbers as
 * `asm/unistd_64.h` and `asm-generic/unistd.h` have them.
 *
 * @module
 */
import type { SyscallName } from "../../ffi/syscall_numbers.ts";
import type { FrontEndName } from "../support/filter_rules.ts";

/** A call. */
interface ForbiddenCall {
  readonly name: string;
  /** The numbers on x86_64 and on aarch64; -1 where there is none. */
  readonly numbers: readonly [number, number];
}

function calls(
  numbers: Readonly<Record<string, readonly [number, number]>>,
): ForbiddenCall[] {
  return Object.entries(numbers).map(([name, numbers]) => ({ name, numbers }));
}

/** For all front ends. */
// deno-fmt-ignore
const ALWAYS: readonly ForbiddenCall[] = [
  // Other programs, processes and their memory.
  ...calls({
    execve: [59, 221], execveat: [322, 281], fork: [57, -1], vfork: [58, -1],
    ptrace: [101, 117], process_vm_readv: [310, 270], process_vm_writev: [311, 271],
    process_madvise: [440, 440], pidfd_open: [434, 434], pidfd_getfd: [438, 438],
    pidfd_send_signal: [424, 424], kill: [62, 129], tkill: [200, 130],
    rt_sigqueueinfo: [129, 138], rt_tgsigqueueinfo: [297, 240], kcmp: [312, 272],
  }),
  // Mounts, roots and namespaces.
  ...calls({
    mount: [165, 40], umount2: [166, 39], open_tree: [428, 428], move_mount: [429, 429],
    fsopen: [430, 430], fsconfig: [431, 431], fsmount: [432, 432], fspick: [433, 433],
    mount_setattr: [442, 442], chroot: [161, 51], pivot_root: [155, 41],
    unshare: [272, 97], setns: [308, 268],
  }),
  // Files past their names.
  ...calls({
    open_by_handle_at: [304, 265], memfd_create: [319, 279],
    pipe2: [293, 59], dup3: [292, 24],
  }),
  // Sockets beside the one that there is.
  ...calls({
    socketpair: [53, 199], connect: [42, 203], bind: [49, 200], listen: [50, 201],
    accept: [43, 202], recvmmsg: [299, 243], sendmmsg: [307, 269],
  }),
  // The kernel itself.
  ...calls({
    bpf: [321, 280], perf_event_open: [298, 241], userfaultfd: [323, 282],
    io_uring_setup: [425, 425], io_uring_enter: [426, 426], io_uring_register: [427, 427],
    add_key: [248, 217], request_key: [249, 218], keyctl: [250, 219],
    init_module: [175, 105], finit_module: [313, 273], delete_module: [176, 106],
    kexec_load: [246, 104], kexec_file_load: [320, 294], reboot: [169, 142],
    syslog: [103, 116], acct: [163, 89], swapon: [167, 224], swapoff: [168, 225],
    quotactl: [179, 60], fanotify_init: [300, 262], iopl: [172, -1], ioperm: [173, -1],
    personality: [135, 92], settimeofday: [164, 170], clock_settime: [227, 112],
  }),
  // Rights and limits.
  ...calls({
    setuid: [105, 146], setgid: [106, 144], setreuid: [113, 145], setregid: [114, 143],
    setresuid: [117, 147], setresgid: [119, 149],
    seccomp: [317, 277], prlimit64: [302, 261], setrlimit: [160, 164],
  }),
];

/** For one of them. */
// deno-fmt-ignore
const HERE: Readonly<Record<FrontEndName, readonly ForbiddenCall[]>> = {
  proxy: calls({
    recvmsg: [47, 212], setgroups: [116, 159], renameat2: [316, 276],
    eventfd2: [290, 19], epoll_create1: [291, 20], preadv2: [327, 286],
    pwritev2: [328, 287], fsync: [74, 82], syncfs: [306, 267],
  }),
  "vhost-user-fs": calls({
    sendmsg: [46, 211], name_to_handle_at: [303, 264], setsockopt: [54, 208],
    chdir: [80, 49], fchdir: [81, 50], statfs: [137, 43], readlink: [89, -1],
    rename: [82, -1], renameat: [264, 38], chmod: [90, -1], lchown: [94, -1],
    link: [86, -1], unlink: [87, -1], symlink: [88, -1], mkdir: [83, -1],
    lsetxattr: [189, 6], fsetxattr: [190, 7], sendfile: [40, 71], splice: [275, 76],
    tee: [276, 77], vmsplice: [278, 75], readv: [19, 65], preadv: [295, 69],
    memfd_secret: [447, 447], shmat: [30, 196], remap_file_pages: [216, 234],
  }),
};

/** Whatever the arguments are. */
export function forbiddenCalls(
  frontEnd: FrontEndName,
): readonly ForbiddenCall[] {
  return [...ALWAYS, ...HERE[frontEnd]];
}

/** A call, what is done with it, and its arguments. */
type Way = readonly [
  name: SyscallName,
  what: string,
  ...args: (number | bigint)[],
];

/** For all front ends. */
// deno-fmt-ignore
const WAYS_ALWAYS: readonly Way[] = [
  ["clone", "a process", 17],
  ["clone", "a process in our memory", 0x4111],
  ["clone", "a thread in a user namespace", 0x3d0f00 | 0x10000000],
  ["clone", "a thread in a mount namespace", 0x3d0f00 | 0x20000],
  ["clone", "a thread in a pid namespace", 0x3d0f00 | 0x20000000],
  ["clone", "a thread in a network namespace", 0x3d0f00 | 0x40000000],
  ["clone", "a thread in a cgroup namespace", 0x3d0f00 | 0x02000000],
  ["clone", "a thread in a UTS namespace", 0x3d0f00 | 0x04000000],
  ["clone", "a thread in an IPC namespace", 0x3d0f00 | 0x08000000],
  ["socket", "of this machine", 1, 1],
  ["socket", "of this machine, for datagrams", 1, 2],
  ["socket", "of the network, for datagrams", 2, 2],
  ["socket", "of the network, raw", 2, 3],
  ["socket", "of the network, IPv6", 10, 1],
  ["socket", "of the kernel, netlink", 16, 3],
  ["socket", "of a network card", 17, 3],
  ["socket", "of the kernel's cryptography", 38, 5],
  ["socket", "of the hypervisor", 40, 1],
  ["fcntl", "F_DUPFD", 0, 0],
  ["fcntl", "F_SETLK", 0, 6],
  ["fcntl", "F_SETOWN", 0, 8],
  ["fcntl", "F_SETSIG", 0, 10],
  ["fcntl", "F_NOTIFY", 0, 1026],
  ["ioctl", "TIOCSTI", 0, 0x5412],
  ["ioctl", "FS_IOC_SETFLAGS", 0, 0x40086602],
  ["ioctl", "FS_IOC_SETVERSION", 0, 0x40087602],
  ["ioctl", "FIFREEZE", 0, 0xc0045877],
  ["ioctl", "FICLONE", 0, 0x40049409],
  ["prctl", "PR_SET_PDEATHSIG", 1],
  ["prctl", "PR_SET_DUMPABLE", 4, 1],
  ["prctl", "PR_SET_SECCOMP", 22],
  ["prctl", "PR_CAPBSET_DROP", 24, 41],
  ["prctl", "PR_SET_SECUREBITS", 28],
  ["prctl", "PR_SET_MM", 35],
  ["prctl", "PR_CAP_AMBIENT", 47, 4],
  ["prctl", "PR_SET_PTRACER", 0x59616d61],
  ["mmap", "a file", 0, 4096, 1, 2, 0, 0],
  ["mmap", "a file, shared", 0, 4096, 3, 1, 0, 0],
  ["mmap", "memory for code", 0, 4096, 5, 0x22, -1, 0],
  ["mmap", "memory for code, writable", 0, 4096, 7, 0x22, -1, 0],
  ["mprotect", "to code", 0, 4096, 5],
  ["mprotect", "to writable code", 0, 4096, 7],
  ["pkey_mprotect", "to code", 0, 4096, 5, -1],
  ["futex", "FUTEX_REQUEUE", 0, 3],
  ["futex", "FUTEX_CMP_REQUEUE", 0, 4 | 0x80],
  ["futex", "FUTEX_WAKE_OP", 0, 5 | 0x80],
  ["futex", "FUTEX_LOCK_PI", 0, 6],
  ["futex", "FUTEX_LOCK_PI, private", 0, 6 | 0x80],
  ["futex", "FUTEX_UNLOCK_PI", 0, 7],
  ["futex", "FUTEX_WAIT_REQUEUE_PI", 0, 11],
  ["futex", "FUTEX_CMP_REQUEUE_PI", 0, 12 | 0x80],
  ["futex", "FUTEX_LOCK_PI2", 0, 13],
  ["tgkill", "another process", 1, 1, 0],
  ["setsockopt", "SO_ATTACH_FILTER", 0, 1, 26],
  ["setsockopt", "of TCP", 0, 6, 20],
];

/** For one of them. */
// deno-fmt-ignore
export const WAYS_HERE: Readonly<Record<FrontEndName, readonly Way[]>> = {
  proxy: [
    ["fcntl", "F_DUPFD_CLOEXEC", 0, 1030],
    ["mmap", "a guest's memory", 0, 4096, 3, 0x4001, 0, 0],
    ["mmap", "a guest's memory, at a place of ours", 0, 4096, 3, 0x11, 0, 0],
  ],
  "vhost-user-fs": [
    ["fcntl", "F_SETFL", 0, 4],
    ["ioctl", "FS_IOC_GETVERSION", 0, 0x80087601],
    ["mmap", "a guest's memory, for code", 0, 4096, 7, 0x4001, 0, 0],
    ["mmap", "a guest's memory, for code alone", 0, 4096, 4, 0x4001, 0, 0],
    ["mmap", "a guest's memory, to read and execute", 0, 4096, 5, 0x11, 0, 0],
    ["mmap", "a guest's memory, to be read", 0, 4096, 1, 0x4001, 0, 0],
    ["mmap", "a copy of a file", 0, 4096, 3, 0x4002, 0, 0],
    ["mmap", "a copy of a file, at a place of ours", 0, 4096, 3, 0x12, 0, 0],
    ["mmap", "a guest's memory, locked", 0, 4096, 3, 0x6001, 0, 0],
    ["mmap", "a guest's memory, MAP_SHARED_VALIDATE", 0, 4096, 3, 0x4003, 0, 0],
    ["recvmsg", "waiting", 0, 0, 0x40000000],
    ["recvmsg", "descriptors that a child would have", 0, 0, 0x40],
    ["recvmsg", "MSG_PEEK", 0, 0, 0x40000042],
    ["setgroups", "two", 2, 0],
    ["preadv2", "RWF_NOWAIT", 0, 0, 0, 0, 0, 8],
    ["pwritev2", "RWF_DSYNC", 0, 0, 0, 0, 0, 2],
    ["openat2", "more than is known of open_how", -100, 0, 0, 32],
    ["unlinkat", "AT_EMPTY_PATH", 0, 0, 0x1000],
    ["linkat", "AT_EMPTY_PATH", 0, 0, 0, 0, 0x1000],
    ["linkat", "of a symlink by its name", 0, 0, 0, 0, 0],
    ["fchownat", "by a name", 0, 0, 0, 0, 0],
    ["fchownat", "by a name, AT_SYMLINK_NOFOLLOW", 0, 0, 0, 0, 0x100],
    ["utimensat", "AT_SYMLINK_NOFOLLOW", 0, 0, 0, 0x100],
    ["faccessat2", "by a name", 0, 0, 2, 0],
    ["epoll_create1", "that a child would have", 0],
    ["eventfd2", "that a child would have", 0, 0],
    ["eventfd2", "with a count", 5, 0x80000],
  ],
};

/** Arguments that make a call forbidden which is allowed with others. */
export function forbiddenWays(frontEnd: FrontEndName): readonly Way[] {
  return [...WAYS_ALWAYS, ...WAYS_HERE[frontEnd]];
}
