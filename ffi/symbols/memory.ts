/**
 * errno, and addresses of buffers: {@linkcode ../libc.ts} says why so.
 *
 * @module
 */
export const MEMORY_SYMBOLS = {
  // int *__errno_location(void)
  __errno_location: { parameters: [], result: "pointer" },
  // void *memcpy(void *dest, const void *src, size_t n)
  copy_from: {
    name: "memcpy",
    parameters: ["buffer", "pointer", "usize"],
    result: "pointer",
  },
  // The same between two addresses; without a result, as a pointer is an object on the heap
  copy_between: {
    name: "memcpy",
    parameters: ["pointer", "pointer", "usize"],
    result: "void",
  },
  // The same as copy_from, its result as a number
  address_of: {
    name: "memcpy",
    parameters: ["buffer", "pointer", "usize"],
    result: "usize",
  },
} as const satisfies Deno.ForeignLibraryInterface;
