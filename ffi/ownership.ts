/**
 * Makes things for another owner while the helper still has all its rights;
 * in the jail `src/identity.ts` does that for requests.
 *
 * @module
 */
import { AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS } from "./constants.ts";
import { type CredentialCalls, NO_ID } from "./credentials.ts";
import { EINVAL } from "./errno.ts";
import { type FileIdentity, fileIdentity, STATX } from "./files.ts";
import type { Libc } from "./libc.ts";
import { allocate, cString } from "./memory.ts";
import type { STATUS_SYMBOLS } from "./symbols/status.ts";
import type { PROCESS_SYMBOLS } from "./symbols/process.ts";
import { SystemError } from "./system_error.ts";

/** What a name stands for. */
export interface Identified extends FileIdentity {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
}

/** What {@linkcode fileOwnership} returns. */
export interface FileOwnership {
  /**
   * Runs `act` with this fsuid, fsgid and umask and all capabilities.
   *
   * @throws {SystemError} EINVAL where the kernel does not switch: before `act`
   * for an id that has no mapping in this user namespace, or on the way back
   */
  actAs(uid: number, gid: number, mask: number, act: () => void): void;
  /** What `name` in `directory` is; undefined where there is none. */
  identify(directory: number, name: string): Identified | undefined;
}

/** Binds the calls to `libc`. */
export function fileOwnership(
  libc: Libc<typeof STATUS_SYMBOLS & typeof PROCESS_SYMBOLS>,
  credentials: CredentialCalls,
): FileOwnership {
  const c = libc.symbols;
  const stat = allocate(libc, STATX.size);

  /** That the kernel has done as it was told: none of the calls says so itself. */
  function prove(uid: number, gid: number): void {
    if (
      credentials.setfsuid(NO_ID) !== uid ||
      credentials.setfsgid(NO_ID) !== gid
    ) {
      throw new SystemError("setfsuid", EINVAL);
    }
  }

  return {
    actAs(uid, gid, mask, act) {
      const formerMask = c.umask(mask);
      const formerGid = credentials.setfsgid(gid);
      const formerUid = credentials.setfsuid(uid);
      try {
        prove(uid, gid);
        // The owner need not have the right to write to the directory: we have.
        credentials.raisePermitted();
        act();
      } finally {
        credentials.setfsuid(formerUid);
        credentials.setfsgid(formerGid);
        c.umask(formerMask);
      }
      prove(formerUid, formerGid);
    },

    identify(directory, name) {
      const bytes = cString(name);
      const result = c.statx(
        directory,
        libc.pointerTo(bytes),
        AT_SYMLINK_NOFOLLOW,
        STATX_BASIC_STATS,
        stat.pointer,
      );
      if (result < 0) return undefined;
      const w = stat.words;
      return {
        ...fileIdentity(w),
        uid: w[STATX.uid]!,
        gid: w[STATX.gid]!,
        mode: w[STATX.mode]! & 0o7777,
      };
    },
  };
}
