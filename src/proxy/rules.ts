/**
 * The system calls that requests of the proxy protocol make. Together with
 * those of the runtime they are all that the helper can make.
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

/** The most frequent first: old kernels go through the list for every call. */
export const PROXY_RULES: readonly Rule[] = [
  {
    calls: ["statx", "recvfrom", "sendto"],
    why: "LSTAT, two requests of three. Addresses are not looked at: that of " +
      "sendmsg(2) lies in memory, out of a filter's reach",
  },
  {
    calls: ["name_to_handle_at"],
    why: "GETVERSION, where a handle has the generation in it. What opens by " +
      "a handle, open_by_handle_at(2), is forbidden",
  },
  {
    calls: ["ioctl"],
    checks: [isOneOf(1, Number(FS_IOC_GETVERSION))],
    why: "GETVERSION",
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
    why: "the same below a directory: aarch64 has no others; " +
      "long paths",
  },
  {
    calls: ["openat2", "fchdir"],
    why:
      "long paths are walked in pieces. openat2(2) has its flags in memory, " +
      "and can do no more than openat(2) there",
  },
  {
    calls: ["faccessat2"],
    why: "CHOWN with mapped ids: whether the kernel would write to the file",
  },
  {
    calls: ["setsockopt"],
    checks: [isOneOf(1, SOL_SOCKET), isOneOf(2, SO_RCVTIMEO)],
    why: "how long to wait for a request: set for the connection",
  },
];
