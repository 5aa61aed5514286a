/**
 * Waiting for a socket without being deaf to signals meanwhile.
 *
 * @module
 */
import { openLibc } from "../../ffi/libc.ts";
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";

const SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // int poll(struct pollfd *fds, nfds_t count, int timeout)
  poll: {
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

const POLLIN = 1;
const FOREVER = -1;

/** Resolves when a read of `fd` would not wait: there are bytes, or the other end has closed. */
export async function readable(fd: number): Promise<void> {
  const libc = openLibc(SYMBOLS);
  // struct pollfd: int fd, short events, short revents
  const entry = new Int32Array([fd, POLLIN]);
  await libc.symbols.poll(entry, 1n, FOREVER);
  libc.close();
}
