/**
 * Maps the ids of the export, mount_setattr(2) MOUNT_ATTR_IDMAP: through the
 * private mount owners are the guest's ids, on disk the host's. The kernel does
 * it for all files that are reached by the mount, also by QEMU's descriptors.
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
 * Maps the ids of `tree`, the private mount of `path`.
 *
 * @throws {StartError} if the kernel or one of the file systems can't
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
    warnOfUnmappedOwner(log, path, hostOwner, mapping);
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

/** The error of a call that the kernel may refuse. */
function refusalOf(call: () => void): SystemError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof SystemError) return error;
    throw error;
  }
}

function warnOfUnmappedOwner(
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
  // The kernel maps all mounts or none, and does not tell which one it can't: each is tried alone.
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
