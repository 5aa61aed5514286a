/**
 * The system calls that requests of the proxy protocol make. With those of the
 * runtime, see {@linkcode ../jail/seccomp/runtime_rules.ts}, they are all that the
 * process can make.
 *
 * @module
 */
import {
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FS_IOC_GETVERSION,
  SO_RCVTIMEO,
  SOL_SOCKET,
} from "../../ffi/constants.ts";
import { isOneOf, type Rule } from "../jail/seccomp/rule.ts";

/** The most frequent first: kernels before 5.11 go through the rules for every call. */
export const PROXY_RULES: readonly Rule[] = [
  {
    calls: ["statx", "recvfrom", "sendto"],
    why: "LSTAT, two requests of three; the socket. Addresses are not " +
      "checked: that of sendmsg(2) lies in memory, which a filter can't read",
  },
  {
    calls: ["name_to_handle_at"],
    why: "GETVERSION, on file systems whose handles contain the generation. " +
      "Opening a handle, open_by_handle_at(2), is forbidden",
  },
  {
    calls: ["ioctl"],
    checks: [isOneOf(1, Number(FS_IOC_GETVERSION))],
    why: "GETVERSION on other file systems",
  },
  {
    calls: ["sendmsg"],
    why: "passes descriptors. recvmsg(2) is forbidden: none can be received",
  },
  {
    calls: ["fcntl"],
    checks: [isOneOf(1, F_SETFL, F_GETFL, F_SETFD)],
    why: "OPEN, and an accepted connection",
  },
  {
    calls: ["setfsuid", "setfsgid", "capset"],
    why: "acting for an owner. None of them adds to the permitted set",
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
    why: "the same on aarch64, which has no others; long paths",
  },
  {
    calls: ["openat2", "fchdir"],
    why:
      "long paths, which are walked in pieces. The flags of openat2(2) lie " +
      "in memory, but it can do no more than openat(2)",
  },
  {
    calls: ["faccessat2"],
    why: "CHOWN with mapped ids: whether the kernel can write to the file",
  },
  {
    calls: ["setsockopt"],
    checks: [isOneOf(1, SOL_SOCKET), isOneOf(2, SO_RCVTIMEO)],
    why: "how long to sleep for a request, set for each connection",
  },
];
