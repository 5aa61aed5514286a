/**
 * The rights of the process: what its main thread keeps, and the others lose.
 *
 * @module
 */
import {
  describeCapabilities,
  unsigned,
  without,
} from "../../ffi/capabilities.ts";
import { SECBIT_NO_SETUID_FIXUP } from "../../ffi/constants.ts";
import { EPERM } from "../../ffi/errno.ts";
import type { ProcessCalls } from "../../ffi/process.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Log } from "../log/log.ts";
import { IdMap } from "./id_map.ts";
import type { JailOptions } from "./options.ts";
import { SEVEN } from "../identity.ts";
import { StartError } from "../errors.ts";
import type { JailPlan, JailTools } from "./plan.ts";

/**
 * Leaves the main thread with the seven, and every other thread of the runtime
 * with nothing.
 */
export function giveUpRights(
  { process, credentials, proc, log }: JailTools,
  wish: JailOptions,
): Pick<
  JailPlan,
  "capabilities" | "strippedThreads" | "droppedGroups"
> {
  const droppedGroups = dropGroups(process, log);
  const uids = new IdMap(proc.readText("uid_map"));
  const gids = new IdMap(proc.readText("gid_map"));
  const uid = uids.unprivileged, gid = gids.unprivileged;
  const bits = process.secureBits();
  if (uid === undefined) {
    log.warning(
      "Other threads keep the rights of this user namespace's root, as no id but 0 is mapped in it",
    );
  } else {
    // glibc carries setresuid to every thread. This one keeps its capabilities through it, the others lose them.
    process.setSecureBits(bits | SECBIT_NO_SETUID_FIXUP);
    if (gid !== undefined) process.setAllGids(gid);
    process.setAllUids(uid);
    process.setThreadUids(0);
    if (gid !== undefined) process.setThreadGids(0);
    // With it set, setfsuid(2) would not lower the effective set.
    process.setSecureBits(bits & ~SECBIT_NO_SETUID_FIXUP);
  }
  process.emptyBoundingSet();
  process.clearAmbientSet();
  const { permitted } = credentials.readSets();
  const capabilities = unsigned(wish.capabilities & permitted);
  const missing = without(wish.capabilities, permitted);
  const asked = without(missing, SEVEN);
  if (asked !== 0) {
    throw new StartError(
      `Cannot keep ${
        describeCapabilities(asked)
      }: the helper was started without`,
    );
  }
  if (missing !== 0) {
    log.warning(
      `Some requests will fail with EPERM: there is no ${
        describeCapabilities(missing)
      }`,
    );
  }
  const result = credentials.writeSets(
    credentials.prepareSets(capabilities, capabilities),
  );
  if (result < 0) throw new SystemError("capset", -result);
  return {
    capabilities,
    strippedThreads: uid !== undefined,
    droppedGroups,
  };
}

/** A user namespace made without privileges may forbid it, user_namespaces(7). */
function dropGroups(process: ProcessCalls, log: Log): boolean {
  if (process.groupCount() === 0) return true;
  try {
    process.dropGroups();
    return true;
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== EPERM) throw error;
    log.warning(
      "The supplementary groups of the caller stay, as this user namespace forbids to drop them",
    );
    return false;
  }
}
