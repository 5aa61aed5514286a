/**
 * Waiting, and how long it takes.
 *
 * @module
 */
export const WAITING_SYMBOLS = {
  // int poll(struct pollfd *fds, nfds_t nfds, int timeout): on another thread,
  // so that the event loop goes on; errno is lost there
  poll: {
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
  // int clock_gettime(clockid_t clock, struct timespec *now)
  clock_gettime: { parameters: ["i32", "pointer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
