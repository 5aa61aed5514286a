/**
 * The system calls that Deno's runtime, the log and the end of the program
 * make in the jail, whatever is served. A front end adds those of its requests.
 *
 * What is here was seen under strace(1) with all suites and with every way to
 * end, with Deno 2.7 and 2.9, or follows from the sources named. A rule's
 * `why` says what the names do not.
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

/** Whatever is served. */
const ALWAYS: readonly Rule[] = [
  {
    calls: ["recvfrom", "sendto"],
    why: "signals, which the runtime's threads tell each other; syslog",
  },
  { calls: ["statx"], why: "files that the runtime looks for" },
  { calls: ["poll", "ppoll"], why: "waiting; the log" },
  {
    calls: ["openat", "open", "close"],
    why: "by name; of the runtime on other threads, which have an empty root",
  },
  {
    calls: ["ioctl"],
    checks: [isOneOf(1, TCGETS, TCGETS2)],
    why: "isatty(3), by which the runtime decides on colours",
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

/** The rules for a program that was started so. */
export function runtimeRules(
  { pid, listens }: Circumstances,
): readonly Rule[] {
  return [
    ...ALWAYS,
    {
      calls: ["tgkill"],
      checks: [isOneOf(0, pid)],
      why: "abort(3), which shall be seen as what it is; only of this process",
    },
    ...listens ? LISTENING : [],
  ];
}

const LISTENING: readonly Rule[] = [
  { calls: ["accept4"], why: "the connection that is waited for" },
  {
    calls: ["getsockopt"],
    checks: [isOneOf(1, SOL_SOCKET), isOneOf(2, SO_PEERCRED)],
    why: "who has connected",
  },
  { calls: ["unlinkat"], why: "the name of our own socket" },
];
