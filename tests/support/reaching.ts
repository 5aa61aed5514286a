/**
 * What threads reach for once the jail is entered, by strace(1).
 *
 * @module
 */
import { deepEqual, ok } from "node:assert/strict";
import { tracedCalls } from "./strace.ts";

/** Calls by which a thread could reach something by name, or the network. */
const REACHING =
  /^(open|openat|openat2|stat|lstat|newfstatat|statx|access|faccessat2?|readlink|readlinkat|execve|socket|connect|sendto|sendmmsg|unlink|unlinkat|mkdir|rename|renameat2)\(/;

/**
 * V8 asks for the clock's frequency when first a lock is contended, glibc for
 * the number of CPUs when a thread first allocates. In the empty root neither
 * is there; that is what it is for.
 */
const HARMLESS = /"\/(sys\/devices\/system\/cpu\/|proc\/stat")/;

/**
 * Holds a log of `strace -f` against this: from the chroot(2) on, no thread but
 * the one that has made it reaches for anything, and nobody for the network or
 * a program.
 */
export function onlyMainThreadReaches(log: string): void {
  const calls = tracedCalls(Deno.readTextFileSync(log));
  const entered = calls.findIndex(({ text }) => text.startsWith('chroot(".")'));
  ok(entered >= 0, "the jail was not seen");
  const main = calls[entered]!.thread;
  const inside = calls.slice(entered);
  deepEqual(
    inside.filter(({ thread, text }) =>
      REACHING.test(text) && thread !== main && !HARMLESS.test(text)
    ),
    [],
  );
  deepEqual(
    inside.filter(({ text }) => /^(socket|connect|execve)\(/.test(text)),
    [],
  );
}
