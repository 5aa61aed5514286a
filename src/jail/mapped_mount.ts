/**
 * Maps the ids of the export: what the guest sees and sets through the private
 * mount are its own ids, on disk are those of the host. The kernel does it, for
 * all that is reached by the mount, so also for what QEMU has open.
 *
 * @module
 */
import { EINVAL, ENOSPC, EPERM } from "../../ffi/errno.ts";
import type { Owner } from "../../ffi/mounts.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Log } from "../log/log.ts";
import { guestId, type IdMapping, mapText } from "./id_mapping.ts";
import type { Exported } from "./exported.ts";
import type { Mount } from "./mount_table.ts";
import { StartError } from "../errors.ts";
import type { JailTools, MappedMount } from "./plan.ts";

type MappingTools = Pick<
  JailTools,
  "mounts" | "userNamespaces" | "proc" | "log"
>;

/**
 * Maps the ids of `tree`, the private clone of what is mounted at `path`.
 *
 * @throws {StartError} where the kernel or one of the file systems can't; nothing may be served then
 */
export function mapIds(
  tools: MappingTools,
  { tree, path, exported, mapping }: {
    readonly tree: number;
    readonly path: string;
    readonly exported: Exported;
    readonly mapping: IdMapping;
  },
): MappedMount {
  const { mounts, userNamespaces, proc, log } = tools;
  const hostOwner = mounts.ownerOf(tree);
  const namespace = makeNamespace(tools, mapping);
  try {
    const refusal = refusalOf(() => mounts.mapIds(tree, namespace));
    if (refusal !== undefined) {
      throw new StartError(
        `Cannot map the ids of ${path}: ${
          reason(tools, exported, namespace, refusal)
        }`,
      );
    }
    warnOfStrangeOwner(log, path, hostOwner, mapping);
    const overflow = (name: string) =>
      Number(proc.readText(`../sys/kernel/${name}`));
    return {
      mapping,
      hostOwner,
      overflow: { uid: overflow("overflowuid"), gid: overflow("overflowgid") },
      refusesAnother: refusalOf(() =>
        mounts.mapIds(tree, namespace)
      )?.errno === EPERM,
    };
  } finally {
    userNamespaces.close(namespace);
  }
}

/** What the kernel says to a call that it may refuse. */
function refusalOf(call: () => void): SystemError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof SystemError) return error;
    throw error;
  }
}

function warnOfStrangeOwner(
  log: Log,
  path: string,
  { uid, gid }: Owner,
  { uids, gids }: IdMapping,
): void {
  const known = guestId(uids, uid) !== undefined &&
    guestId(gids, gid) !== undefined;
  if (known) return;
  log.warning(
    `${path} belongs to ${uid}:${gid}, which the guest does not have: it can make and remove nothing there; give the directory to an owner that is mapped`,
  );
}

function makeNamespace(
  { userNamespaces }: MappingTools,
  { uids, gids }: IdMapping,
): number {
  try {
    return userNamespaces.make(mapText(uids), mapText(gids));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const advice = error.errno === ENOSPC
      ? "raise /proc/sys/user/max_user_namespaces"
      : "start as root, with CAP_SETUID, CAP_SETGID and CAP_SETFCAP, outside of containers and chroots";
    throw new StartError(
      `Cannot map ids: the kernel makes no user namespace for it (${error.message}); ${advice}`,
    );
  }
}

function reason(
  { mounts }: MappingTools,
  exported: Exported,
  namespace: number,
  refusal: SystemError,
): string {
  // All mounts or none are mapped, and the kernel does not tell which it was that refused: they are asked one by one.
  const faults = exported.mounts.map((mount) =>
    mount.id === exported.mount ? { ...mount, path: exported.path } : mount
  ).flatMap((mount) => {
    const refusal = refusalOf(() => {
      const tree = mounts.cloneTree(mount.path, { below: false });
      try {
        mounts.mapIds(tree, namespace);
      } finally {
        mounts.close(tree);
      }
    });
    return refusal === undefined ? [] : [fault(mount, refusal)];
  });
  return faults.length > 0
    ? faults.join("; ")
    : `${refusal.message}; a file system below it can't (findmnt -R ${exported.path})`;
}

function fault(
  { path, fileSystem, options }: Mount,
  error: SystemError,
): string {
  const why = options.includes("idmapped")
    ? "is mapped already, and can be mapped only once"
    : error.errno === EINVAL
    ? "is of a kind that this kernel can't map ids of"
    : error.errno === EPERM
    ? "does not belong to the user namespace of the helper"
    : "can't be mapped";
  return `the ${fileSystem} at ${path} ${why} (${error.message})`;
}
