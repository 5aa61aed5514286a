/**
 * Acts as the guest's process that asks: for what is created, and where set-id
 * bits are to be cleared.
 *
 * @module
 */
import { NO_ID } from "../../../ffi/credentials.ts";
import { EINVAL } from "../../../ffi/errno.ts";
import {
  type Done,
  type Errno,
  failed,
  failure,
} from "../../../ffi/results.ts";
import type { ThreadPrivileges } from "../../../ffi/thread_privileges.ts";
import { FatalError } from "../../errors.ts";
import type { Identity } from "../../identity.ts";
import type { Session } from "../fuse/init.ts";
import type { Request } from "../fuse/request.ts";

/** Switches the main thread, and back. */
export class Caller {
  readonly #identity: Identity;
  readonly #privileges: ThreadPrivileges;
  readonly #session: Session;
  #grouped = false;
  #dropped = false;
  #masked = false;

  constructor(
    identity: Identity,
    privileges: ThreadPrivileges,
    session: Session,
  ) {
    this.#identity = identity;
    this.#privileges = privileges;
    this.#session = session;
  }

  /**
   * Becomes the owner of what `request` creates, with the group that it may
   * bring besides: in a directory that hands down its group, that one decides
   * about the setgid bit. Where a user namespace forbids to have it, the bit
   * goes, and nothing worse happens.
   *
   * `mask` is the caller's umask; where there are no ACLs the guest has applied it.
   *
   * @throws {FatalError} where the kernel neither does it nor leaves it
   */
  become(request: Request, mask: number): Done | Errno {
    const { uid, gid } = request;
    // A guest that maps ids sends this where the ids do not matter: here they do.
    if (uid === NO_ID || gid === NO_ID) return failure(EINVAL);
    const group = request.group();
    if (group === -EINVAL) return failure(EINVAL);
    // Root has all rights without. The group first: the right to change it goes with the user.
    if (group >= 0 && uid !== 0) {
      this.#grouped = this.#privileges.setGroup(group) === 0;
    }
    // Root is root in any group, and makes setgid files and devices there.
    const denied = this.#identity.become(uid, gid, true);
    if (failed(denied)) this.#ungroup();
    else if (this.#session.acl && mask !== 0) {
      this.#masked = true;
      this.#privileges.maskModes(mask & 0o777);
    }
    return denied;
  }

  /**
   * Undoes {@linkcode become}.
   *
   * @throws {FatalError} where the kernel refuses
   */
  restore(): void {
    if (this.#masked) {
      this.#masked = false;
      this.#privileges.maskModes(0);
    }
    this.#identity.restore();
    this.#ungroup();
  }

  /** Lets the kernel clear set-id bits until {@linkcode keepSetId}, if `wanted`. */
  clearSetId(wanted: boolean): void {
    if (!wanted) return;
    this.#dropped = true;
    if (failed(this.#privileges.dropSetId())) throw lost();
  }

  /**
   * Undoes {@linkcode clearSetId}.
   *
   * @throws {FatalError} where the kernel refuses
   */
  keepSetId(): void {
    if (!this.#dropped) return;
    this.#dropped = false;
    if (failed(this.#privileges.restoreSetId())) throw lost();
  }

  #ungroup(): void {
    if (!this.#grouped) return;
    this.#grouped = false;
    if (failed(this.#privileges.clearGroups())) throw lost();
  }
}

function lost(): FatalError {
  return new FatalError(
    "Cannot change the helper's rights and return to its own: the kernel refused",
  );
}
