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
import { POLLIN } from "../../ffi/constants.ts";
import type { SpawnCalls } from "../../ffi/spawn.ts";
import type { Waiter } from "../polling/waiter.ts";

/**
 * Calls `onExit` once, when the parent process has ended: in a wait, or at once
 * where it has already.
 *
 * @throws {SystemError}
 */
export function watchParent(
  spawn: Pick<SpawnCalls, "parent" | "openProcess">,
  waiter: Waiter,
  onExit: () => void,
): void {
  const parent = spawn.parent();
  // A parent outside of our pid namespace can't be watched, nor can it be told from none.
  if (parent === 0) return onExit();
  const pidfd = spawn.openProcess(parent);
  // The pid could have been given to another process meanwhile, but then it is not our parent.
  if (spawn.parent() !== parent) return onExit();
  const watch = waiter.watch(pidfd, POLLIN, () => {
    watch.remove();
    onExit();
  });
}
