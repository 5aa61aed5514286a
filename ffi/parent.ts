/**
 * `--die-with-parent`.
 *
 * Not PR_SET_PDEATHSIG: the kernel forgets it at the first setfsuid(2)
 * (`commit_creds()` clears it when an id changes), that is with the first file
 * that is created for a user; and it fires when the parent's *thread* ends. A
 * pidfd has neither fault.
 *
 * @module
 */
import { SYS_pidfd_open } from "./constants.ts";
import type { Libc } from "./libc.ts";
import type { START_SYMBOLS } from "./symbols/start.ts";
import { must } from "./system_error.ts";

/**
 * A descriptor that becomes readable when the parent process ends, pidfd_open(2),
 * Linux 5.3. Returns undefined where it has ended already.
 *
 * @throws {SystemError}
 */
export function openParent(
  libc: Libc<typeof START_SYMBOLS>,
): number | undefined {
  const parent = libc.symbols.getppid();
  // 0: a parent that is outside of our pid namespace can't be watched, nor can it be told from none.
  if (parent === 0) return undefined;
  const fd = must(
    libc,
    "pidfd_open",
    libc.symbols.pidfd_open(SYS_pidfd_open, parent, 0),
  );
  // The pid could have been given to another process meanwhile, but then it is not our parent.
  return libc.symbols.getppid() === parent ? fd : undefined;
}
