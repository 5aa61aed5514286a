/**
 * The system calls that serving vhost-user-fs makes. With those of the runtime,
 * see {@linkcode ../jail/seccomp/runtime_rules.ts}, they are all that the process
 * can make.
 *
 * @module
 */
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_SYMLINK_FOLLOW,
  EFD_CLOEXEC,
  F_GETFL,
  F_SETFD,
  MAP_FIXED,
  MSG_DONTWAIT,
  O_CLOEXEC,
  PROT_READ,
  PROT_WRITE,
} from "../../ffi/constants.ts";
import {
  AT_REMOVEDIR,
  F_DUPFD_CLOEXEC,
  RWF_APPEND,
} from "../../ffi/passthrough_constants.ts";
import { isOneOf, type Rule } from "../jail/seccomp/rule.ts";

/** mmap(2). */
const MAP_SHARED = 0x01, MAP_NORESERVE = 0x4000;
/** recvmsg(2). */
const MSG_CMSG_CLOEXEC = 0x4000_0000;
/** openat2(2): `struct open_how`. */
const OPEN_HOW_SIZE = 24;

/** What serving takes besides, where there are ACLs. */
export const ACL_RULES: readonly Rule[] = [
  {
    calls: ["umask"],
    why: "the umask of who creates something, if no default ACL counts instead",
  },
];

/** The most frequent first: kernels before 5.11 go through the rules for every call. */
export const VHOST_USER_FS_RULES: readonly Rule[] = [
  {
    calls: ["statx", "openat", "close"],
    why: "LOOKUP, GETATTR, OPEN, RELEASE. Paths are single names, checked " +
      "before, or numbers of descriptors: a filter can't read them",
  },
  {
    calls: ["preadv2"],
    checks: [isOneOf(5, 0)],
    why: "READ, into the guest's memory",
  },
  {
    calls: ["pwritev2"],
    checks: [isOneOf(5, 0, RWF_APPEND)],
    why: "WRITE, from the guest's memory",
  },
  {
    calls: ["write", "epoll_wait", "epoll_pwait", "poll", "ppoll"],
    why: "interrupts, which are events of the front end's; its kicks",
  },
  {
    calls: ["openat2"],
    checks: [isOneOf(3, OPEN_HOW_SIZE)],
    why: "LOOKUP of an inode that is not known yet, and nothing else. Its " +
      "flags lie in memory; it can do no more than openat(2)",
  },
  {
    calls: ["getdents64", "lseek"],
    why: "READDIR and READDIRPLUS; LSEEK",
  },
  {
    calls: ["setfsuid", "setfsgid", "capset"],
    why: "what is created belongs to the guest's process. They can add " +
      "nothing to the permitted capabilities",
  },
  {
    calls: ["setgroups"],
    checks: [isOneOf(0, 0, 1)],
    why: "the same with the one group that a request may bring",
  },
  {
    calls: ["capget"],
    why: "which capabilities there are: once a connection",
  },
  {
    calls: ["fcntl"],
    checks: [isOneOf(1, F_DUPFD_CLOEXEC, F_SETFD, F_GETFL)],
    why: "FLUSH; the connection; whether a write to an event waits",
  },
  {
    calls: ["getxattr", "listxattr", "setxattr", "removexattr"],
    why: "extended attributes, by the name of a descriptor",
  },
  {
    calls: [
      ...["fstatfs", "readlinkat", "mkdirat", "mknodat"] as const,
      ...["symlinkat", "fchmodat", "ftruncate"] as const,
      ...["fallocate", "fsync", "fdatasync", "syncfs"] as const,
      ...["renameat2", "copy_file_range"] as const,
    ],
    why: "the other requests. Flags are the guest's: to refuse some is the " +
      "kernel's business, as a filter that kills would end the service",
  },
  {
    calls: ["unlinkat"],
    checks: [isOneOf(2, 0, AT_REMOVEDIR)],
    why: "UNLINK, RMDIR",
  },
  {
    calls: ["linkat"],
    checks: [isOneOf(4, AT_SYMLINK_FOLLOW)],
    why: "LINK, of the file that the name of a descriptor leads to",
  },
  {
    calls: ["fchownat"],
    checks: [isOneOf(4, AT_EMPTY_PATH)],
    why: "SETATTR of an owner: of a descriptor, not of a name",
  },
  {
    calls: ["utimensat"],
    checks: [isOneOf(3, 0, AT_EMPTY_PATH)],
    why: "SETATTR of times: of a descriptor, or by its name",
  },
  {
    calls: ["faccessat2"],
    checks: [isOneOf(3, AT_EACCESS | AT_EMPTY_PATH)],
    why: "SETATTR with mapped ids: whether the file may be changed",
  },
  {
    calls: ["recvmsg"],
    checks: [isOneOf(2, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)],
    why: "messages of the front end, with descriptors of its memory and events",
  },
  {
    calls: ["mmap"],
    checks: [
      isOneOf(2, PROT_READ | PROT_WRITE),
      isOneOf(3, MAP_SHARED | MAP_NORESERVE, MAP_SHARED | MAP_FIXED),
    ],
    why: "the guest's memory, and its rings in the place of a typed array's: " +
      "shared, and never code. What the descriptor is was checked before; a " +
      "filter can't",
  },
  {
    calls: ["eventfd2"],
    checks: [isOneOf(0, 0), isOneOf(1, EFD_CLOEXEC)],
    why: "what an event is, once a connection",
  },
  {
    calls: ["epoll_create1"],
    checks: [isOneOf(0, O_CLOEXEC)],
    why: "the set of the front end's events",
  },
];
