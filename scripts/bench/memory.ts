/**
 * How much memory a helper takes: after its start, after a long load, and after
 * as much again.
 *
 * @module
 */
import { openLibc } from "../../ffi/libc.ts";
import { ProcDirectory } from "../../ffi/proc.ts";
import { DESCRIPTOR_SYMBOLS } from "../../ffi/symbols/descriptors.ts";
import { IO_SYMBOLS } from "../../ffi/symbols/io.ts";
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";
import { letSignalsIn } from "../program/clean_up.ts";
import { BACK_TO_BACK, Driver } from "./driver.ts";
import type { Helpers } from "./helpers.ts";

/** Memory of one helper at one time, in millions of bytes. */
export interface Memory {
  /** All that is resident. */
  readonly rss: number;
  /** The same, where a page that several processes have mapped counts as its part. */
  readonly pss: number;
  /** The part of `rss` that is no page of a file. */
  readonly anonymous: number;
}

export interface MemoryResult {
  readonly started: Memory;
  readonly loaded: Memory;
  readonly loadedTwice: Memory;
}

/** The driver keeps each round trip, so it is not given all requests at once. */
const PART = 10_000;

/** Looks at the memory of processes. */
export function memoryReader(): Disposable & {
  look(pid: number): Memory;
} {
  const libc = openLibc({
    ...MEMORY_SYMBOLS,
    ...DESCRIPTOR_SYMBOLS,
    ...IO_SYMBOLS,
  });
  return {
    look(pid) {
      using proc = new ProcDirectory(libc, pid);
      return parse(proc.readText("smaps_rollup"));
    },
    [Symbol.dispose]: () => libc.close(),
  };
}

/** Asks each helper `requests` of the mix, and as many again. */
export async function measureMemory(
  helpers: Helpers,
  requests: number,
): Promise<MemoryResult[]> {
  using reader = memoryReader();
  const { look } = reader;
  const started = helpers.pids.map(look);
  const results: MemoryResult[] = [];
  for (const [at, target] of helpers.targets("mix").entries()) {
    const driver = new Driver(helpers.clock, target, BACK_TO_BACK);
    const load = async () => {
      for (let left = requests; left > 0; left -= PART) {
        driver.run(Math.min(left, PART));
        await letSignalsIn();
      }
      return look(target.pid);
    };
    results.push({
      started: started[at]!,
      loaded: await load(),
      loadedTwice: await load(),
    });
    driver.finish();
  }
  return results;
}

/** proc_pid_smaps(5), which is exact, where the numbers of `status` lag behind. */
function parse(text: string): Memory {
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) * 1024 /
    1e6;
  return {
    rss: megabytes("Rss"),
    pss: megabytes("Pss"),
    anonymous: megabytes("Anonymous"),
  };
}
