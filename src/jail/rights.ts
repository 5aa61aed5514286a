/**
 * Gives up rights: capabilities, user and group ids, supplementary groups.
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
 * Leaves the main thread root with the capabilities of `options`, and makes
 * every other thread nobody, without capabilities.
 *
 * @throws {StartError} if a capability was asked for that the caller does not have
 */
export function giveUpRights(
  { process, credentials, proc, log }: JailTools,
  options: JailOptions,
): Pick<JailPlan, "capabilities" | "strippedThreads" | "droppedGroups"> {
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
    // glibc changes the ids of every thread by setresuid(3). By this bit, which belongs to
    // the calling thread, only this one keeps its capabilities.
    process.setSecureBits(bits | SECBIT_NO_SETUID_FIXUP);
    if (gid !== undefined) process.setAllGids(gid);
    process.setAllUids(uid);
    process.setThreadUids(0);
    if (gid !== undefined) process.setThreadGids(0);
    // Cleared again: with the bit, setfsuid(2) would not lower the effective set.
    process.setSecureBits(bits & ~SECBIT_NO_SETUID_FIXUP);
  }
  process.emptyBoundingSet();
  process.clearAmbientSet();
  const { permitted } = credentials.readSets();
  const capabilities = unsigned(options.capabilities & permitted);
  const missing = without(options.capabilities, permitted);
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

/** Returns whether there are none left: in a user namespace setgroups(2) may be forbidden, user_namespaces(7). */
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
