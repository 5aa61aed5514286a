/** Memory is given back, once. */
import { deepEqual } from "node:assert/strict";
import { giveBackMemory } from "../../../../src/deno_runtime/memory.ts";

/** What is done when the time has come, with what the runtime and the C library have. */
function done(
  has: { readonly gc: boolean; readonly trim: boolean },
): unknown[] {
  const calls: unknown[] = [];
  const runtime = globalThis as { gc?: unknown };
  const before = runtime.gc;
  runtime.gc = has.gc ? (options: unknown) => calls.push(options) : undefined;
  try {
    let act = () => {};
    giveBackMemory(
      {
        symbols: {
          malloc_trim: has.trim ? (pad) => calls.push(pad) : null,
        },
      },
      {
        after(milliseconds, later) {
          calls.push(milliseconds);
          act = later;
        },
      },
    );
    act();
    return calls;
  } finally {
    runtime.gc = before;
  }
}

const COLLECTION = {
  type: "major",
  execution: "sync",
  flavor: "last-resort",
};

Deno.test("A second after the start V8 gives memory back, and then the C library", () => {
  deepEqual(done({ gc: true, trim: true }), [1000, COLLECTION, 0n]);
});

Deno.test("Without the launcher's flag, or with another C library, the rest is done", () => {
  deepEqual(done({ gc: false, trim: true }), [1000, 0n]);
  deepEqual(done({ gc: true, trim: false }), [1000, COLLECTION]);
});
