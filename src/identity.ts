/**
 * Acts as the owner of what is about to be created.
 *
 * All of it belongs to the calling thread alone (credentials(7)), so it works
 * only with synchronous calls on the main thread.
 *
 * @module
 */
import { EINVAL } from "../ffi/errno.ts";
import { type CredentialCalls, NO_ID } from "../ffi/credentials.ts";
import type { Owner } from "../ffi/mounts.ts";
import { FatalError } from "./errors.ts";
import { type Done, type Errno, failed, failure } from "../ffi/results.ts";

/** Switches the file system identity of the main thread. */
export interface Identity {
  /**
   * Becomes `uid:gid` for file system calls, with CAP_DAC_OVERRIDE and no
   * other capability over files. An id of -1 is 9p's "no number given", and
   * means the helper's own. Returns 0, or -EINVAL for an id that has no mapping
   * in this user namespace; nothing has changed then.
   *
   * @throws {FatalError} where the kernel neither does it nor leaves it
   */
  become(uid: number, gid: number): Done | Errno;
  /**
   * Undoes {@linkcode become}.
   *
   * @throws {FatalError} where the kernel refuses
   */
  restore(): void;
}

/**
 * Makes the switch. The process acts as 0:0 with all its capabilities
 * otherwise, and does so for an owner 0:0 too: only that one may make device
 * nodes.
 *
 * setfsuid(2) and setfsgid(2) never fail, but may change nothing: what they
 * return is the id before, in both cases. So each is followed by a second call,
 * with -1, which only asks; nothing is done under an identity before that has
 * told which one it is.
 *
 * @param own whom an id of -1 means
 */
export function createIdentity(
  credentials: CredentialCalls,
  own: Owner,
): Identity {
  let uid = 0;
  let gid = 0;

  function restore(): void {
    const actedUid = uid, actedGid = gid;
    uid = 0;
    gid = 0;
    if (actedUid !== 0) {
      // From another id to 0 the kernel raises every file capability that is permitted.
      credentials.setfsuid(0);
      if (credentials.setfsuid(NO_ID) !== 0) throw lost();
    } else if (actedGid !== 0 && credentials.raiseAll() < 0) {
      // setfsuid(0) from 0 raises nothing: what become() lowered has to be raised here.
      throw lost();
    }
    if (actedGid !== 0) {
      credentials.setfsgid(0);
      if (credentials.setfsgid(NO_ID) !== 0) throw lost();
    }
  }

  /** The kernel does not say that it has taken an id. */
  function unproven(): Errno {
    restore();
    return failure(EINVAL);
  }

  return {
    become(givenUid, givenGid) {
      const wantedUid = givenUid === NO_ID ? own.uid : givenUid;
      const wantedGid = givenGid === NO_ID ? own.gid : givenGid;
      if (wantedUid === 0 && wantedGid === 0) return 0;
      // The group first: the right to change it goes with the user.
      if (wantedGid !== 0) {
        // Noted before it is proven: what is not proven may have happened, and is undone.
        gid = wantedGid;
        credentials.setfsgid(gid);
        if (credentials.setfsgid(NO_ID) !== gid) return unproven();
      }
      if (wantedUid !== 0) {
        uid = wantedUid;
        credentials.setfsuid(uid);
        if (credentials.setfsuid(NO_ID) !== uid) return unproven();
      }
      const result = credentials.lowerForOwner();
      if (failed(result)) restore();
      return result;
    },
    restore,
  };
}

function lost(): FatalError {
  return new FatalError(
    "Cannot change the helper's identity and return to its own: the kernel refused",
  );
}
