/**
 * The system calls that the helper and the runtime make once the jail is
 * entered, and nothing else. It is data: `filter.ts` makes the filter of it.
 *
 * What is here was seen under strace(1) with all suites and with every way to
 * end, with Deno 2.7 and 2.9, or follows from the sources named. A rule's
 * `why` says what the names do not.
 *
 * @module
 */
import {
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FS_IOC_GETVERSION,
  SO_PEERCRED,
  SO_RCVTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../../ffi/constants.ts";
import { EACCES, ENOSYS } from "../../../ffi/errno.ts";
import type { SyscallName } from "../../../ffi/syscall_numbers.ts";

/** Looks at the lower 32 bits of an argument, as the kernel does with each that is checked here. */
export interface Check {
  /** Which, from 0. */
  readonly argument: number;
  /** The bits that count; all where left out. */
  readonly mask?: number;
  readonly oneOf: readonly number[];
}

/** Calls that may be made. */
export interface Rule {
  readonly calls: readonly SyscallName[];
  /** All have to hold, else the call is forbidden; none where left out. */
  readonly checks?: readonly Check[];
  /** The call is not made: it fails with this errno, whatever the action for forbidden calls is. */
  readonly errno?: number;
  readonly why: string;
}

/** What the list depends on. */
export interface Circumstances {
  /** This process. */
  readonly pid: number;
  /** Whether a connection is still to be accepted. */
  readonly listens: boolean;
}

/** linux/sched.h: CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, PARENT_SETTID, CHILD_CLEARTID. */
const THREAD = 0x3d0f00;
const MAP_ANONYMOUS = 0x20;
const PROT_EXEC = 4;
/** linux/futex.h. */
const FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_WAIT_BITSET = 9;
const FUTEX_WAKE_BITSET = 10, FUTEX_FLAGS = 0x180;
/** linux/prctl.h. */
const PR_SET_NAME = 15, PR_SET_VMA = 0x53564d41;
const TCGETS = 0x5401, TCGETS2 = 0x802c542a;
const AF_INET = 2, SOCK_TYPE_MASK = 0xf;

const isOneOf = (argument: number, ...oneOf: number[]): Check => ({
  argument,
  oneOf,
});
const hasNot = (argument: number, bits: number): Check => ({
  argument,
  mask: bits,
  oneOf: [0],
});

/** Always allowed; the most frequent first, as old kernels go through the list for every call. */
const COMMON: readonly Rule[] = [
  {
    calls: ["statx", "recvfrom", "sendto"],
    why: "LSTAT, two requests of three. Addresses are not looked at: that of " +
      "sendmsg(2) lies in memory, out of a filter's reach",
  },
  { calls: ["poll", "ppoll"], why: "waiting; the log" },
  {
    calls: ["openat", "open", "close"],
    why: "by name; of the runtime on other threads, which have an empty root",
  },
  {
    calls: ["name_to_handle_at"],
    why: "GETVERSION, where a handle has the generation in it. What opens by " +
      "a handle, open_by_handle_at(2), is forbidden",
  },
  {
    calls: ["ioctl"],
    checks: [isOneOf(1, Number(FS_IOC_GETVERSION), TCGETS, TCGETS2)],
    why: "GETVERSION; isatty(3), by which the runtime decides on colours",
  },
  {
    calls: ["sendmsg"],
    why: "passes descriptors. There is no recvmsg: none can be received",
  },
  {
    calls: ["fcntl"],
    checks: [isOneOf(1, F_SETFL, F_GETFL, F_SETFD)],
    why: "OPEN, and an accepted connection",
  },
  {
    calls: ["setfsuid", "setfsgid", "capset"],
    why: "acting for an owner: can add nothing to what is permitted",
  },
  {
    calls: [
      ...["statfs", "readlink", "mkdir", "mknodat", "symlink", "link"] as const,
      ...["rename", "unlink", "rmdir", "chmod", "lchown", "truncate"] as const,
      ...["utimensat", "lgetxattr", "llistxattr", "lsetxattr"] as const,
      "lremovexattr",
    ],
    why: "the other requests",
  },
  {
    calls: [
      ...["readlinkat", "mkdirat", "symlinkat", "linkat"] as const,
      ...["renameat", "unlinkat", "fchmodat", "fchownat"] as const,
    ],
    why: "the same below a directory: aarch64 has no others; long paths; the " +
      "name of our own socket",
  },
  {
    calls: ["openat2", "fchdir", "chdir"],
    why:
      "long paths are walked in pieces. openat2(2) has its flags in memory, " +
      "and can do no more than openat(2) there",
  },
  {
    calls: ["faccessat2"],
    why: "CHOWN with mapped ids: whether the kernel would write to the file",
  },
  {
    calls: ["read", "write", "writev", "lseek", "fstat", "newfstatat"],
    why: "the log; the proof; files that the runtime looks for and a guest " +
      "has put there",
  },
  { calls: ["getdents64"], why: "the proof lists the threads" },
  {
    calls: ["futex"],
    checks: [{
      argument: 1,
      mask: (~FUTEX_FLAGS) >>> 0,
      oneOf: [FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET],
    }],
    why:
      "every lock of libc, V8 and tokio; priority inheritance and requeueing " +
      "(CVE-2014-3153, CVE-2021-3347) are used by none of them",
  },
  {
    calls: ["epoll_wait", "epoll_pwait", "epoll_ctl"],
    why: "the event loop",
  },
  {
    calls: ["mmap"],
    checks: [
      { argument: 3, mask: MAP_ANONYMOUS, oneOf: [MAP_ANONYMOUS] },
      hasNot(2, PROT_EXEC),
    ],
    why: "memory, but no file, so no library of the guest's, and no code: V8 " +
      "takes all that it will ever have for code when it starts (CodeRange in " +
      "its source), Deno makes its trampolines to libc when it is bound. That " +
      "range stays writable and executable, and nothing here can change that",
  },
  {
    calls: ["mprotect", "pkey_mprotect"],
    checks: [hasNot(2, PROT_EXEC)],
    why: "the same; with a key on CPUs that have protection keys",
  },
  {
    calls: ["munmap", "mremap", "madvise", "brk", "membarrier"],
    why: "malloc(3), garbage collection",
  },
  {
    calls: ["clone"],
    checks: [isOneOf(0, THREAD)],
    why: "pthread_create(3)'s flags and no others: no process, no namespace",
  },
  {
    calls: ["clone3"],
    errno: ENOSYS,
    why: "its flags lie in memory, too; glibc takes clone(2) then",
  },
  {
    calls: [
      ...["set_robust_list", "rseq", "gettid", "getpid", "exit"] as const,
      ...["sched_getaffinity", "sched_getparam"] as const,
      ...["sched_getscheduler", "sched_yield"] as const,
    ],
    why: "threads",
  },
  {
    calls: ["prctl"],
    checks: [isOneOf(0, PR_SET_NAME, PR_SET_VMA)],
    why: "names: of a thread; of memory, where glibc is told to give them",
  },
  {
    calls: ["rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack"],
    why: "signals, thread start",
  },
  {
    calls: ["restart_syscall"],
    why:
      "made by the kernel, in the thread's name, for a wait that SIGSTOP or " +
      "a tracer has interrupted",
  },
  {
    calls: [
      ...["clock_gettime", "clock_getres", "gettimeofday", "time"] as const,
      ...["clock_nanosleep", "nanosleep"] as const,
    ],
    why: "clocks are read without a call where the machine has a good one",
  },
  { calls: ["getrandom"], why: "seeds of hash tables; each thread its own" },
  { calls: ["sysinfo"], why: "qsort(3) of glibc before 2.37 asks for memory" },
  { calls: ["exit_group"], why: "the end" },
  {
    calls: ["socket"],
    checks: [
      isOneOf(0, AF_INET),
      { argument: 1, mask: SOCK_TYPE_MASK, oneOf: [SOCK_STREAM] },
    ],
    errno: EACCES,
    why:
      "Deno 2.9 opens its debugger to all users of the machine when it gets " +
      "SIGUSR1, which switches our trace: it shall not, but need not end the " +
      "helper by trying",
  },
];

/** The list for a helper that was started so. */
export function allowList({ pid, listens }: Circumstances): readonly Rule[] {
  return [
    ...COMMON,
    {
      calls: ["tgkill"],
      checks: [isOneOf(0, pid)],
      why: "abort(3), which shall be seen as what it is; only of this process",
    },
    {
      calls: ["setsockopt"],
      checks: [isOneOf(1, SOL_SOCKET), isOneOf(2, SO_RCVTIMEO)],
      why: "how long to wait for a request: set for the connection",
    },
    ...listens ? ACCEPTING : [],
  ];
}

const ACCEPTING: readonly Rule[] = [
  { calls: ["accept4"], why: "QEMU's connection" },
  {
    calls: ["getsockopt"],
    checks: [isOneOf(1, SOL_SOCKET), isOneOf(2, SO_PEERCRED)],
    why: "who has connected",
  },
];
