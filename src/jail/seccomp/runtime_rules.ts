/**
 * The system calls that the process makes in the jail for any front end: those
 * of Deno's runtime, of the log, and of the end of the program. A front end adds
 * those of its requests.
 *
 * Each was seen by strace(1), with all tests and every way to end, with Deno 2.7
 * or 2.9, or follows from the source that is named.
 *
 * @module
 */
import {
  SO_PEERCRED,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../../ffi/constants.ts";
import { EACCES, ENOSYS } from "../../../ffi/errno.ts";
import { type Circumstances, hasNot, isOneOf, type Rule } from "./rule.ts";

/** linux/sched.h: CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, PARENT_SETTID, CHILD_CLEARTID. */
const THREAD_FLAGS = 0x3d0f00;
const MAP_ANONYMOUS = 0x20;
const PROT_EXEC = 4;
/** linux/futex.h. */
const FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_WAIT_BITSET = 9;
const FUTEX_WAKE_BITSET = 10, FUTEX_FLAGS = 0x180;
/** linux/prctl.h. */
const PR_SET_NAME = 15, PR_SET_VMA = 0x53564d41;
const TCGETS = 0x5401, TCGETS2 = 0x802c542a;
const AF_INET = 2, SOCK_TYPE_MASK = 0xf;

const ALWAYS: readonly Rule[] = [
  {
    calls: ["recvfrom", "sendto"],
    why: "the runtime's threads tell each other of signals; syslog",
  },
  { calls: ["statx"], why: "files that the runtime looks for" },
  { calls: ["poll", "ppoll"], why: "waiting; the log" },
  {
    calls: ["openat", "open", "close"],
    why: "files that the runtime opens on other threads, whose root is empty",
  },
  {
    calls: ["ioctl"],
    checks: [isOneOf(1, TCGETS, TCGETS2)],
    why: "isatty(3): whether the runtime prints colours",
  },
  {
    calls: ["read", "write", "writev", "lseek", "fstat", "newfstatat"],
    why: "the log; the proof; files that the runtime looks for and that a " +
      "guest may have made",
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
      "reserves all memory for code when it starts (CodeRange in its source), " +
      "and Deno makes its trampolines to libc when that is bound. V8's range " +
      "stays writable and executable, which no filter can change",
  },
  {
    calls: ["mprotect", "pkey_mprotect"],
    checks: [hasNot(2, PROT_EXEC)],
    why: "the same; pkey_mprotect on CPUs with protection keys",
  },
  {
    calls: ["munmap", "mremap", "madvise", "brk", "membarrier"],
    why: "malloc(3), garbage collection",
  },
  {
    calls: ["clone"],
    checks: [isOneOf(0, THREAD_FLAGS)],
    why: "the flags of pthread_create(3), so neither process nor namespace",
  },
  {
    calls: ["clone3"],
    errno: ENOSYS,
    why: "its flags lie in memory, which a filter can't read; glibc uses " +
      "clone(2) then",
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
    why: "names of threads; of memory, if glibc is set to name it",
  },
  {
    calls: ["rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack"],
    why: "signals, thread start",
  },
  {
    calls: ["restart_syscall"],
    why: "the kernel makes it to go on with a wait after SIGSTOP or a tracer",
  },
  {
    calls: [
      ...["clock_gettime", "clock_getres", "gettimeofday", "time"] as const,
      ...["clock_nanosleep", "nanosleep"] as const,
    ],
    why: "clocks; on most machines they are read without a system call",
  },
  { calls: ["getrandom"], why: "seeds of hash tables, one for each thread" },
  {
    calls: ["sysinfo"],
    why: "qsort(3) of glibc before 2.37 asks how much RAM there is",
  },
  { calls: ["exit_group"], why: "the end of the program" },
  {
    calls: ["socket"],
    checks: [
      isOneOf(0, AF_INET),
      { argument: 1, mask: SOCK_TYPE_MASK, oneOf: [SOCK_STREAM] },
    ],
    errno: EACCES,
    why: "on SIGUSR1, which switches the helper's trace, Deno 2.9 opens its " +
      "debugger to all users of the machine; this fails, and the helper goes on",
  },
];

/** The rules for this process. */
export function runtimeRules(
  { pid, listens }: Circumstances,
): readonly Rule[] {
  return [
    ...ALWAYS,
    {
      calls: ["tgkill"],
      checks: [isOneOf(0, pid)],
      why: "abort(3), so that it ends the process by SIGABRT and not by SIGSYS",
    },
    ...listens ? LISTENING : [],
  ];
}

const LISTENING: readonly Rule[] = [
  { calls: ["accept4"], why: "the client's connection" },
  {
    calls: ["getsockopt"],
    checks: [isOneOf(1, SOL_SOCKET), isOneOf(2, SO_PEERCRED)],
    why: "which user the client runs as",
  },
  { calls: ["unlinkat"], why: "the name of the helper's socket" },
];
