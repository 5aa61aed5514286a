/**
 * System call filters, seccomp(2).
 *
 * @module
 */
import {
  PR_SET_NO_NEW_PRIVS,
  SECCOMP_FILTER_FLAG_LOG,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW,
  SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_GET_ACTION_AVAIL,
  SECCOMP_SET_MODE_FILTER,
} from "./constants.ts";
import { SYS } from "./syscall_numbers.ts";
import type { Libc } from "./libc.ts";
import type { PROCESS_SYMBOLS } from "./symbols/process.ts";
import { SystemError, thrower } from "./system_error.ts";

/** Bytes of a `struct sock_filter`. */
const INSTRUCTION_SIZE = 8;

/** A thread can't get the filter, as it has another one already. */
export class ThreadError extends Error {
  override name = "ThreadError";
}

/** What fails throws a SystemError. */
export type SeccompCalls = ReturnType<typeof seccompCalls>;

export function seccompCalls(libc: Libc<typeof PROCESS_SYMBOLS>) {
  const c = libc.symbols;
  const must = thrower(libc);
  return {
    /** Nothing that this thread executes can have more rights than it has, prctl(2); a filter hands it on to all threads. */
    forbidNewPrivileges: (): void => {
      must(
        "prctl PR_SET_NO_NEW_PRIVS",
        c.prctl(PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n),
      );
    },

    /** Fails with EOPNOTSUPP where the kernel does not know `action`, a SECCOMP_RET_*. Linux 4.14. */
    requireAction: (action: number): void => {
      must(
        "seccomp SECCOMP_GET_ACTION_AVAIL",
        c.seccomp(
          SYS.seccomp,
          SECCOMP_GET_ACTION_AVAIL,
          0,
          new Uint32Array([action]),
        ),
      );
    },

    /**
     * Filters the calls of every thread, for ever; with `audited` the kernel logs
     * all that are not allowed. Linux 4.17.
     *
     * It does without the defence against speculation that kernels before 5.16
     * add to a filter: that one slows down every load, and is against code of a
     * stranger's in the same process, of which there is none.
     *
     * @param program instructions, as `struct sock_filter`
     * @throws {ThreadError}
     */
    filterAll(program: Uint8Array<ArrayBuffer>, audited: boolean): void {
      // struct sock_fprog: u16 len, then a pointer
      const description = new BigUint64Array([
        BigInt(program.length / INSTRUCTION_SIZE),
        libc.addressOf(program),
      ]);
      const result = c.seccomp(
        SYS.seccomp,
        SECCOMP_SET_MODE_FILTER,
        SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW |
          (audited ? SECCOMP_FILTER_FLAG_LOG : 0),
        description,
      );
      if (result > 0) {
        throw new ThreadError(
          `thread ${result} has a filter that the others do not have`,
        );
      }
      if (result < 0) throw new SystemError("seccomp", libc.errno());
    },
  };
}
