/**
 * Acts as the owner of what is about to be created.
 *
 * Ids and capabilities belong to the calling thread (credentials(7)), so this
 * works only with synchronous calls on the main thread.
 *
 * @module
 */
import {
  type CapabilityBits,
  capabilityBits,
  without,
} from "../ffi/capabilities.ts";
import { type CredentialCalls, NO_ID } from "../ffi/credentials.ts";
import { EINVAL } from "../ffi/errno.ts";
import type { Owner } from "../ffi/mounts.ts";
import { type Done, type Errno, failed, failure } from "../ffi/results.ts";
import { SystemError } from "../ffi/system_error.ts";
import { FatalError } from "./errors.ts";

/** What the helper serves with: all that acting for any owner takes. */
export const SEVEN: CapabilityBits = capabilityBits([
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "SETGID",
  "SETUID",
  "MKNOD",
]);

/**
 * Effective while acting for somebody else. Of the capabilities over files only
 * CAP_DAC_OVERRIDE stays: the guest's kernel has checked the access, and knows
 * what no protocol says, as of a process that has capabilities, of one in a user
 * namespace, or of overlayfs, which creates in a directory that is root's alone
 * as the user who asks. SETUID and SETGID are for the way back.
 */
const ACTING: CapabilityBits = capabilityBits([
  "DAC_OVERRIDE",
  "SETGID",
  "SETUID",
]);

/** What setfsuid(2) raises on the way back to root by itself: `CAP_FS_MASK` of linux/capability.h, as far as it has 32 bits. */
const RAISED_BY_KERNEL: CapabilityBits = capabilityBits([
  "CHOWN",
  "MKNOD",
  "DAC_OVERRIDE",
  "DAC_READ_SEARCH",
  "FOWNER",
  "FSETID",
  "LINUX_IMMUTABLE",
]);

/** Switches the file system identity of the main thread. */
export interface Identity {
  /**
   * Becomes `uid:gid` for file system calls, with CAP_DAC_OVERRIDE and no
   * other capability over files; with `rootKeepsAll`, root has them in whatever
   * group. An id of -1 is 9p's "no number given", and means the helper's own.
   * Returns 0, or -EINVAL for an id that has no mapping in this user namespace;
   * nothing has changed then.
   *
   * @throws {FatalError} where the kernel neither does it nor leaves it
   */
  become(uid: number, gid: number, rootKeepsAll?: boolean): Done | Errno;
  /**
   * Undoes {@linkcode become}.
   *
   * @throws {FatalError} where the kernel refuses
   */
  restore(): void;
}

/**
 * Otherwise the process acts as 0:0 with all its capabilities, and so it does
 * for an owner 0:0, too.
 *
 * setfsuid(2) and setfsgid(2) never fail, but may change nothing: what they
 * return is the id before, in both cases. So each is followed by a second call,
 * with -1, which only asks; nothing is done under an identity before that has
 * told which one it is.
 *
 * @param permitted the capabilities that this thread has
 * @param own whom an id of -1 means
 */
export function createIdentity(
  credentials: CredentialCalls,
  permitted: CapabilityBits,
  own: Owner,
): Identity {
  const acting = credentials.prepareSets(permitted & ACTING, permitted);
  const raised = credentials.prepareSets(permitted, permitted);
  /** Those that were added, as by --modcaps=+setfcap, stay lowered otherwise. */
  const hasMore = without(permitted, ACTING | RAISED_BY_KERNEL) !== 0;
  let uid = 0;
  let gid = 0;
  let lowered = false;

  function restore(): void {
    const actedUid = uid, actedGid = gid;
    // From 0 to 0 the kernel raises nothing.
    const raises = lowered && (actedUid === 0 || hasMore);
    uid = 0;
    gid = 0;
    lowered = false;
    if (actedUid !== 0) {
      credentials.setfsuid(0);
      if (credentials.setfsuid(NO_ID) !== 0) throw lost();
    }
    if (raises && failed(credentials.writeSets(raised))) throw lost();
    if (actedGid !== 0) {
      credentials.setfsgid(0);
      if (credentials.setfsgid(NO_ID) !== 0) throw lost();
    }
  }

  /** What the kernel answers shows that it has not taken an id. */
  function unproven(): Errno {
    restore();
    return failure(EINVAL);
  }

  return {
    become(givenUid, givenGid, rootKeepsAll = false) {
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
      if (wantedUid === 0 && rootKeepsAll) return 0;
      lowered = true;
      const result = credentials.writeSets(acting);
      if (failed(result)) restore();
      return result;
    },
    restore,
  };
}

/**
 * Runs `act` as `owner`, but with all capabilities: for what is made before the
 * jail is entered.
 *
 * @throws {SystemError} EINVAL where the kernel does not switch: before `act`
 * for an id that has no mapping in this user namespace, or on the way back
 */
export function actBeforeJail(
  credentials: CredentialCalls,
  { uid, gid }: Owner,
  act: () => void,
): void {
  const former = {
    gid: credentials.setfsgid(gid),
    uid: credentials.setfsuid(uid),
  };
  /** None of the calls says itself whether the kernel has done as it was told. */
  const prove = (expected: Owner): void => {
    if (
      credentials.setfsuid(NO_ID) !== expected.uid ||
      credentials.setfsgid(NO_ID) !== expected.gid
    ) throw new SystemError("setfsuid", EINVAL);
  };
  try {
    prove({ uid, gid });
    // The owner need not have the right to write to the directory: we have.
    credentials.raisePermitted();
    act();
  } finally {
    credentials.setfsuid(former.uid);
    credentials.setfsgid(former.gid);
  }
  prove(former);
}

function lost(): FatalError {
  return new FatalError(
    "Cannot change the helper's identity and return to its own: the kernel refused",
  );
}
