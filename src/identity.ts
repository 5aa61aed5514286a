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

/** The identity could not be restored. The process must answer nothing more. */
export class IdentityError extends Error {
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
 */
export function createIdentity(credentials: CredentialCalls): Identity {
  let uid = 0;
  let gid = 0;

  function restore(): void {
    if (uid !== 0) {
      uid = 0;
      // From another id to 0 the kernel raises every file capability that is permitted.
      credentials.setfsuid(0);
      if (credentials.setfsuid(NO_ID) !== 0) throw lost();
    } else if (gid !== 0 && credentials.raiseAll() < 0) {
      // setfsuid(0) from 0 raises nothing: what become() lowered has to be raised here.
      throw lost();
    }
    if (gid !== 0) {
      gid = 0;
      credentials.setfsgid(0);
      if (credentials.setfsgid(NO_ID) !== 0) throw lost();
    }
  }

  return {
    become(wantedUid, wantedGid) {
      if (wantedUid === NO_ID || wantedGid === NO_ID) return -EINVAL;
      if (wantedUid === 0 && wantedGid === 0) return 0;
      // The group first: the right to change it goes with the user.
      if (wantedGid !== 0) {
        gid = wantedGid;
        credentials.setfsgid(wantedGid);
        // setfsgid(2) tells failure only by not having happened.
        if (credentials.setfsgid(NO_ID) !== wantedGid) {
          restore();
          return -EINVAL;
        }
      }
      if (wantedUid !== 0) {
        uid = wantedUid;
        credentials.setfsuid(wantedUid);
        if (credentials.setfsuid(NO_ID) !== wantedUid) {
          restore();
          return -EINVAL;
        }
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
    "Cannot return to the helper's own identity: the kernel refused",
  );
}
