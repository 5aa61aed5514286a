/**
 * Text for people, written to a descriptor.
 *
 * @module
 */
import { POLLOUT } from "./constants.ts";
import type { Libc } from "./libc.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";

/** What a pipe takes whole and at once when poll(2) calls it writable: PIPE_BUF, pipe(7). */
const AT_ONCE = 4096;

/**
 * Returns a function that writes a text to `fd` and returns whether it was
 * taken. It never waits: a stuck reader gets nothing more until there is room
 * again, and then the end of what it has got in part first. It never fails
 * either: whoever would be told has gone.
 */
export function textStream(
  libc: Libc<typeof IO_SYMBOLS>,
  fd: number,
): (text: string) => boolean {
  const c = libc.symbols;
  const utf8 = new TextEncoder();
  // struct pollfd: fd, events and revents
  const pollfd = new Int32Array([fd, POLLOUT]);
  let rest = new Uint8Array();

  /** Returns what there was no room for. */
  function write(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    let at = 0;
    while (at < bytes.length && c.poll_now(pollfd, 1n, 0) === 1) {
      // Only that much is certain not to wait.
      const piece = bytes.subarray(at, at + AT_ONCE);
      const written = c.write(fd, piece, BigInt(piece.length));
      if (written < 0) break;
      at += written;
    }
    return bytes.subarray(at);
  }

  return (text) => {
    rest = write(rest);
    if (rest.length > 0) return false;
    const bytes = utf8.encode(text);
    const left = write(bytes);
    if (left.length === bytes.length) return false;
    rest = left;
    return true;
  };
}
