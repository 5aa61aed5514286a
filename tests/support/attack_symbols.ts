/**
 * The libc functions of attackers, and the numbers that go with them.
 *
 * @module
 */
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";

const arm = Deno.build.arch === "aarch64";

/** System-call numbers, for {@linkcode ATTACK_SYMBOLS} and for attackers in Perl. */
export const SYS = {
  chroot: arm ? 51 : 161,
  execveat: arm ? 281 : 322,
  fchdir: arm ? 50 : 81,
  fchmodat: arm ? 53 : 268,
  fchownat: arm ? 54 : 260,
  linkat: arm ? 37 : 265,
  mkdirat: arm ? 34 : 258,
  mknodat: arm ? 33 : 259,
  mount_setattr: 442,
  move_mount: 429,
  name_to_handle_at: arm ? 264 : 303,
  open_by_handle_at: arm ? 265 : 304,
  open_tree: 428,
  openat: arm ? 56 : 257,
  openat2: 437,
  renameat2: arm ? 276 : 316,
  symlinkat: arm ? 36 : 266,
  unlinkat: arm ? 35 : 263,
} as const;

/** renameat2(2): two names change places, at no moment is there neither. */
export const RENAME_EXCHANGE = 2;

/** What a racer calls. */
export const RACER_SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // long syscall(SYS_renameat2, int olddirfd, const char *old, int newdirfd, const char *new, unsigned flags)
  renameat2: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "i32", "buffer", "u32"],
    result: "i32",
  },
  // int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
  mount: {
    parameters: ["buffer", "buffer", "pointer", "usize", "pointer"],
    result: "i32",
  },
  // int umount2(const char *target, int flags)
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
  // int poll(struct pollfd *fds, nfds_t nfds, int timeout)
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** What a hostile client calls itself. */
export const ATTACK_SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // int fcntl(int fd, int cmd, int arg)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // ssize_t send(int fd, const void *buf, size_t len, int flags)
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
