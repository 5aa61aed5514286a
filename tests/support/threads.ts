/**
 * What the threads of a running helper may do.
 *
 * @module
 */
import { openLibc } from "../../ffi/libc.ts";
import { ProcDirectory, type ThreadState } from "../../ffi/proc.ts";
import { PROXY_FAST, PROXY_SELDOM } from "../../src/proxy/symbols.ts";

/** The threads that process `pid` has now. */
export function threadsOf(pid: number): ThreadState[] {
  const libc = openLibc(PROXY_FAST, PROXY_SELDOM);
  try {
    using proc = new ProcDirectory(libc, pid);
    return proc.threads();
  } finally {
    libc.close();
  }
}
