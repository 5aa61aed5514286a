/**
 * Resource limits, getrlimit(2).
 *
 * @module
 */
import type { Libc } from "./libc.ts";
import type { PROCESS_SYMBOLS } from "./symbols/process.ts";
import { thrower } from "./system_error.ts";

/** `struct rlimit`; RLIM_INFINITY where there is no limit. */
interface Limit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** Everything throws a SystemError on failure. */
export type LimitCalls = ReturnType<typeof limitCalls>;

export function limitCalls(libc: Libc<typeof PROCESS_SYMBOLS>) {
  const c = libc.symbols;
  const must = thrower(libc);
  const pair = new BigUint64Array(new ArrayBuffer(16));
  return {
    /** @param resource RLIMIT_* */
    get(resource: number): Limit {
      must("getrlimit", c.getrlimit(resource, pair));
      return { soft: pair[0]!, hard: pair[1]! };
    },

    /** Raising `hard` takes CAP_SYS_RESOURCE. */
    set(resource: number, { soft, hard }: Limit): void {
      pair[0] = soft;
      pair[1] = hard;
      must("setrlimit", c.setrlimit(resource, pair));
    },
  };
}
