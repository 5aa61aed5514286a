/**
 * What is done with any descriptor, in requests too.
 *
 * @module
 */
export const DESCRIPTOR_SYMBOLS = {
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
  // int fcntl(int fd, int cmd, int arg)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
