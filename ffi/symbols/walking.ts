/**
 * Paths that are too long for the kernel, see {@linkcode ../walk.ts}.
 *
 * @module
 */
export const WALKING_SYMBOLS = {
  // long syscall(SYS_openat2, int dirfd, const char *path, struct open_how *how, size_t size)
  openat2: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "buffer", "usize"],
    result: "i32",
  },
  // int renameat(int olddirfd, const char *old, int newdirfd, const char *new)
  renameat: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
  // int linkat(int olddirfd, const char *old, int newdirfd, const char *new, int flags)
  linkat: {
    parameters: ["i32", "buffer", "i32", "buffer", "i32"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;
