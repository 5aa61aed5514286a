/**
 * What is known of a file, and of its file system.
 *
 * @module
 */
export const STATUS_SYMBOLS = {
  // int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *buf)
  statx: {
    parameters: ["i32", "pointer", "i32", "u32", "pointer"],
    result: "i32",
  },
  // int statfs(const char *path, struct statfs *buf)
  statfs: { parameters: ["pointer", "pointer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
