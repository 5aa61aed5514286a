/**
 * Acts as the owner of what is about to be created.
 *
 * All of it belongs to the calling thread alone (credentials(7)), so it works
 * only with synchronous calls on the main thread.
 *
 * @module
 */
import { EINVAL } from "../ffi/errno.ts";
import { FatalError } from "./fatal_error.ts";
import { type CredentialCalls, NO_ID } from "../ffi/credentials.ts";

/** The identity could not be restored. The process must answer nothing more. */
export class IdentityError extends FatalError {
  override name = "IdentityError";
}

/** Switches the file system identity of the main thread. */
export interface Identity {
  /**
   * Becomes `uid:gid` for file system calls, with CAP_DAC_OVERRIDE and no
   * other capability over files. Returns 0, or -EINVAL for an id that is -1 or
   * has no mapping in this user namespace; nothing has changed then.
   */
  become(uid: number, gid: number): number;
  /**
   * Undoes {@linkcode become}.
   *
   * @throws {IdentityError} where the kernel refuses
   */
  restore(): void;
}

/**
 * Makes the switch. The process acts as 0:0 with all its capabilities
 * otherwise, and does so for an owner 0:0 too: only that one may make device
 * nodes.
 *
 * setfsuid(2) and setfsgid(2) tell failure only by the old id in what the next
 * call returns. That next call is the one that restores, which comes before
 * the answer: no success is told of what was done under another identity.
 *
 * @param everyIdMapped whether the user namespace has all ids. Where it has
 *   not, a switch fails for a reason of the guest's, and is asked after at once
 */
export function createIdentity(
  credentials: CredentialCalls,
  everyIdMapped: boolean,
): Identity {
  let uid = 0;
  let gid = 0;

  function restore(): void {
    const actedUid = uid, actedGid = gid;
    uid = 0;
    gid = 0;
    if (actedUid !== 0) {
      // From another id to 0 the kernel raises every file capability that is permitted.
      if (credentials.setfsuid(0) !== actedUid) throw lost();
      if (credentials.setfsuid(NO_ID) !== 0) throw lost();
    } else if (actedGid !== 0 && credentials.raiseAll() < 0) {
      // setfsuid(0) from 0 raises nothing: what become() lowered has to be raised here.
      throw lost();
    }
    if (actedGid !== 0) {
      if (credentials.setfsgid(0) !== actedGid) throw lost();
      if (credentials.setfsgid(NO_ID) !== 0) throw lost();
    }
  }

  return {
    become(wantedUid, wantedGid) {
      if (wantedUid === NO_ID || wantedGid === NO_ID) return -EINVAL;
      if (wantedUid === 0 && wantedGid === 0) return 0;
      // The group first: the right to change it goes with the user.
      if (wantedGid !== 0) {
        credentials.setfsgid(wantedGid);
        if (!everyIdMapped && credentials.setfsgid(NO_ID) !== wantedGid) {
          return -EINVAL;
        }
        gid = wantedGid;
      }
      if (wantedUid !== 0) {
        credentials.setfsuid(wantedUid);
        if (!everyIdMapped && credentials.setfsuid(NO_ID) !== wantedUid) {
          restore();
          return -EINVAL;
        }
        uid = wantedUid;
      }
      const result = credentials.lowerForOwner();
      if (result < 0) restore();
      return result;
    },
    restore,
  };
}

function lost(): IdentityError {
  return new IdentityError(
    "Cannot change the helper's identity and return to its own: the kernel refused",
  );
}
