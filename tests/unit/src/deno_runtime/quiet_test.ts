/** Waiting for the runtime to have nothing to do. */
import { deepEqual, equal, match } from "node:assert/strict";
import { EACCES, ENOENT } from "../../../../ffi/errno.ts";
import { SystemError } from "../../../../ffi/system_error.ts";
import { awaitQuiet } from "../../../../src/deno_runtime/quiet.ts";

const MAIN = 10;

/** What /proc shows of thread 11 at each look; the main thread runs. */
function looks(...states: string[]) {
  let look = -1;
  let pauses = 0;
  const warnings: string[] = [];
  return {
    warnings,
    tools: {
      log: {
        warning(text: string) {
          warnings.push(text);
        },
      },
      proc: {
        list() {
          look++;
          return [".", "..", String(MAIN), "11"];
        },
        readText(name: string) {
          equal(name, "task/11/syscall");
          const state = states[look] ?? states.at(-1) ?? "";
          if (state === "ended") throw new SystemError("openat", ENOENT);
          if (state === "refused") throw new SystemError("openat", EACCES);
          return state;
        },
      },
      process: {
        threadId: () => MAIN,
        pause() {
          pauses++;
        },
      },
    },
    get pauses() {
      return pauses;
    },
  };
}

/** What awaitQuiet() says by a clock on which only its pauses take time, a millisecond each. */
function quiet(
  looked: ReturnType<typeof looks>,
  architecture: "x86_64" | "aarch64",
): boolean {
  const { now } = performance;
  performance.now = () => looked.pauses;
  try {
    return awaitQuiet(looked.tools, architecture);
  } finally {
    performance.now = now;
  }
}

const FUTEX = "202 0x7ff 0x189 0x0\n", PREAD = "17 0x9 0x7ff 0x40\n";

Deno.test("awaitQuiet() looks twice and does not wait where all threads sleep", () => {
  const looked = looks(FUTEX);
  equal(quiet(looked, "x86_64"), true);
  equal(looked.pauses, 0);
  deepEqual(looked.warnings, []);
});

Deno.test("awaitQuiet() waits for a thread that runs, reads, or ends", () => {
  const looked = looks(
    "running\n",
    PREAD,
    FUTEX,
    "-1 0x0 0x0\n",
    "ended",
    FUTEX,
  );
  equal(quiet(looked, "x86_64"), true);
  equal(looked.pauses, 4);
});

Deno.test("awaitQuiet() takes a wait that SIGSTOP has interrupted for one", () => {
  equal(quiet(looks("219 0x7ff 0x189 0x0\n"), "x86_64"), true);
  equal(quiet(looks("128 0x7ff 0x189 0x0\n"), "aarch64"), true);
});

Deno.test("awaitQuiet() goes by the numbers of the machine", () => {
  equal(quiet(looks("98 0x7ff\n"), "aarch64"), true);
  equal(quiet(looks("98 0x7ff\n"), "x86_64"), false);
});

Deno.test("awaitQuiet() gives up on a thread that never rests, and says so", () => {
  const looked = looks("running\n");
  equal(quiet(looked, "x86_64"), false);
  equal(looked.pauses, 20_000);
  match(
    looked.warnings.join("\n"),
    /^Deno's threads are still busy after 20 s/,
  );
});

Deno.test("awaitQuiet() gives up sooner where it is not told what threads do", () => {
  const looked = looks("refused");
  equal(quiet(looked, "x86_64"), false);
  equal(looked.pauses, 3000);
  match(looked.warnings.join("\n"), /^The kernel does not tell/);
});
