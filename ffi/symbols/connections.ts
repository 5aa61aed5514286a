/**
 * A connection that is served.
 *
 * @module
 */
export const CONNECTION_SYMBOLS = {
  // ssize_t recv(int fd, void *buf, size_t len, int flags)
  recv: { parameters: ["i32", "pointer", "usize", "i32"], result: "i32" },
  // The same, to continue in the middle of a buffer
  recv_into: {
    name: "recv",
    parameters: ["i32", "buffer", "usize", "i32"],
    result: "i32",
  },
  // ssize_t send(int fd, const void *buf, size_t len, int flags)
  send: { parameters: ["i32", "pointer", "usize", "i32"], result: "i32" },
  // ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
  sendmsg: { parameters: ["i32", "pointer", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
