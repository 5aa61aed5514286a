/**
 * The libc functions that a client calls. The helper binds tables of its own.
 *
 * @module
 */
import { DESCRIPTOR_SYMBOLS } from "../../../ffi/symbols/descriptors.ts";
import { MEMORY_SYMBOLS } from "../../../ffi/symbols/memory.ts";
import { SOCKET_SYMBOLS } from "../../../ffi/symbols/sockets.ts";

export const PEER_SYMBOLS = {
  ...MEMORY_SYMBOLS,
  ...DESCRIPTOR_SYMBOLS,
  ...SOCKET_SYMBOLS,
  // int socketpair(int domain, int type, int protocol, int fds[2])
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  // ssize_t send(int fd, const void *buf, size_t len, int flags)
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  // ssize_t recv(int fd, void *buf, size_t len, int flags)
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  // ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  // int shutdown(int fd, int how)
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
