/**
 * Sends back whatever comes on the descriptor that is its argument, and never
 * sleeps: what a helper would be that polls all the time and does nothing.
 *
 * @module
 */
import { MSG_DONTWAIT } from "../../ffi/constants.ts";
import { openLibc } from "../../ffi/libc.ts";
import { allocate } from "../../ffi/memory.ts";
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";

const SIZE = 256;
const SIZES = Array.from({ length: SIZE + 1 }, (_, n) => BigInt(n));

const libc = openLibc({
  ...MEMORY_SYMBOLS,
  // ssize_t recv(int fd, void *buf, size_t len, int flags)
  recv: { parameters: ["i32", "pointer", "usize", "i32"], result: "i32" },
  // ssize_t send(int fd, const void *buf, size_t len, int flags)
  send: { parameters: ["i32", "pointer", "usize", "i32"], result: "i32" },
});
const { recv, send } = libc.symbols;
const { pointer } = allocate(libc, SIZE);
const fd = Number(Deno.args[0]);

for (;;) {
  const got = recv(fd, pointer, SIZES[SIZE]!, MSG_DONTWAIT);
  if (got === 0) break;
  if (got > 0) send(fd, pointer, SIZES[got]!, 0);
}
