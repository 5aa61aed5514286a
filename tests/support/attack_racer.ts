/**
 * A process of the host that never holds still: it changes what two names mean
 * as fast as the kernel lets it, until its input ends. Then it puts everything
 * back, prints how often it did it, and ends.
 *
 * `exchange A B`: the two change places. `move A B`: A is moved to B, which
 * does not exist, and back. `bind A B`: A is mounted on B, and unmounted.
 * Of several such triples each is done in turn. A number before them is how
 * long to pause after each, in milliseconds.
 *
 * @module
 */
import { AT_FDCWD, POLLIN } from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import { openLibc } from "../../ffi/libc.ts";
import { cString } from "../../ffi/memory.ts";
import { RACER_SYMBOLS, RENAME_EXCHANGE, SYS } from "./attack_symbols.ts";

const MS_BIND = 4096n;
const MNT_DETACH = 2;
/** Changes between two looks at the input. */
const BURST = 32;

/** One of the two steps of a change; the second undoes the first. */
type Step = () => number;

const libc = openLibc(RACER_SYMBOLS);
const c = libc.symbols;
const SYS_renameat2 = BigInt(SYS.renameat2);

function rename(from: string, to: string, flags: number): Step {
  const [a, b] = [cString(from), cString(to)];
  return () => c.renameat2(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags);
}

function steps(mode: string, a: string, b: string): readonly [Step, Step] {
  switch (mode) {
    case "exchange":
      return [rename(a, b, RENAME_EXCHANGE), rename(a, b, RENAME_EXCHANGE)];
    case "move":
      return [rename(a, b, 0), rename(b, a, 0)];
    case "bind": {
      const [source, target] = [cString(a), cString(b)];
      return [
        () => c.mount(source, target, null, MS_BIND, null),
        () => c.umount2(target, MNT_DETACH),
      ];
    }
    default:
      throw new Error(`Cannot race by ${mode}`);
  }
}

function must(result: number): void {
  if (result < 0) {
    throw new Error(`Cannot race: ${errnoName(libc.errno())}`);
  }
}

const [pause, ...triples] = /^\d/.test(Deno.args[0] ?? "")
  ? [Number(Deno.args[0]), ...Deno.args.slice(1)]
  : [0, ...Deno.args];
const changes: (readonly [Step, Step])[] = [];
for (let at = 0; at < triples.length; at += 3) {
  const [mode = "", a = "", b = ""] = triples.slice(at, at + 3);
  changes.push(steps(mode, a, b));
}
// struct pollfd of the standard input: fd, events
const input = new Uint8Array(new Uint32Array([0, POLLIN]).buffer);
let rounds = 0;
console.log("racing");
do {
  const burst = pause > 0 ? 1 : BURST;
  for (let i = 0; i < burst; i++) {
    for (const [there, back] of changes) {
      must(there());
      if (pause > 0) c.poll(input, 1n, pause);
      must(back());
      if (pause > 0) c.poll(input, 1n, pause);
      rounds++;
    }
  }
} while (c.poll(input, 1n, 0) === 0);
console.log(String(rounds));
libc.close();
