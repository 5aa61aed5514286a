/**
 * Gives memory back that only the start needed.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import type { PROCESS_SYMBOLS } from "../../ffi/symbols/process.ts";
import type { Waiter } from "../polling/waiter.ts";

/** How long after the start, in ms: a guest that boots asks for nothing yet, or has waited for longer. */
const SETTLED_MS = 1000;

/** What V8 has with --expose-gc, which the launcher gives. */
interface Collector {
  readonly gc?: (options: {
    readonly type: "major";
    readonly execution: "sync";
    /** As V8 does it where memory is short: what is half empty is moved together, and pages are given back. */
    readonly flavor: "last-resort";
  }) => void;
}

/**
 * Lets V8 collect all garbage and the C library give back what is free, once, a
 * second after the start: 2 MB of 13, and 5 MB more where Deno had no cache of the
 * program. It takes 10 ms, in which nothing is served.
 */
export function giveBackMemory(
  libc: Pick<Libc<Pick<typeof PROCESS_SYMBOLS, "malloc_trim">>, "symbols">,
  waiter: Pick<Waiter, "after">,
): void {
  waiter.after(SETTLED_MS, () => {
    (globalThis as Collector).gc?.({
      type: "major",
      execution: "sync",
      flavor: "last-resort",
    });
    // Not every C library has it.
    libc.symbols.malloc_trim?.(0n);
  });
}
