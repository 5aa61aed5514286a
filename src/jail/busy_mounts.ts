/**
 * Keeps the host's mounts of the export busy, so that umount(2) fails with
 * EBUSY for as long as they are served, as it does for any file system in use.
 * The private clone that is served does not do that: it is a mount of its own.
 *
 * A directory of the host, open or as a working directory, would do, but is a
 * way out of the jail for code that runs in it; in a message on a socket it is
 * one system call away. What is held here is a mount table. The kernel shows
 * it as seen from the root directory that the process had when it opened it,
 * and so keeps that directory, and the mount that it is on, in use for as long
 * as the table is open (`mounts_open_common()` of fs/proc_namespace.c). By the
 * table nobody gets at the directory. It tells of the mounts at and below it,
 * and of no others.
 *
 * @module
 */
import { RLIMIT_NOFILE } from "../../ffi/constants.ts";
import { ENOTDIR } from "../../ffi/errno.ts";
import type { ProcFile } from "../../ffi/proc.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Exported } from "./exported.ts";
import type { Mount } from "./mount_table.ts";
import type { JailTools } from "./plan.ts";

/**
 * File systems that somebody else answers for. To go there can take as long as
 * a server is silent, and the start shall not. Not fuseblk: that is a disk.
 */
const ANSWERED_ELSEWHERE =
  /^(9p|afs|beegfs|ceph|cifs|coda|fuse$|fuse\.|gpfs|lustre|nfs|orangefs|smb)/;

/** No file system, but what mounts one when it is used. */
const AUTOMOUNTER = "autofs";

/** Of one that is not kept busy the log tells; of so many at most. */
const NAMED = 10;

type Tools = Pick<JailTools, "mounts" | "proc" | "limits" | "log">;

/** What keeps the mounts busy. */
export interface BusyMounts {
  /** The table of the export's own mount. */
  readonly own: ProcFile;
  /** The descriptors of all tables, to be kept open. */
  readonly tables: readonly number[];
  /** The descriptors that directories had; they are closed. */
  readonly directories: readonly number[];
}

/**
 * Opens a mount table in each mount of the export, that of the export itself
 * first. To be called as long as the export has a name, and with the right to
 * chroot(2): the root directory is changed for each, and left in the last.
 *
 * @throws {SystemError} where the export's own can't be had
 */
export function keepBusy(tools: Tools, exported: Exported): BusyMounts {
  const { mounts, proc, log } = tools;
  mounts.enter(exported.directory);
  const own = proc.open("mountinfo");
  const others = exported.mounts.filter(({ id, fileSystem }) =>
    id !== exported.mount && fileSystem !== AUTOMOUNTER
  );
  if (others.length === 0) return { own, tables: [own.fd], directories: [] };
  const tables = [own.fd];
  const directories: number[] = [];
  const room = roomForTables(tools);
  const free: string[] = [];
  for (const mount of others) {
    const table = ANSWERED_ELSEWHERE.test(mount.fileSystem)
      ? "a server may keep us waiting"
      : tables.length >= room
      ? "too many for the limit of open files"
      : tableIn(tools, exported, mount, directories);
    if (typeof table !== "string") tables.push(table.fd);
    else free.push(`${mount.path} (${mount.fileSystem}; ${table})`);
  }
  if (free.length > 0) {
    const more = free.length - NAMED;
    log.info(
      `What can be unmounted on the host while it is served: ${
        free.slice(0, NAMED).join(", ")
      }${more > 0 ? `, and ${more} more` : ""}`,
    );
  }
  return { own, tables, directories };
}

/** Half of the descriptors that are free: the others are for serving. */
function roomForTables({ limits, proc }: Tools): number {
  const limit = Number(limits.get(RLIMIT_NOFILE).soft);
  return Math.floor((limit - proc.descriptors().length) / 2);
}

/** A table opened in `mount`, or why there is none. */
function tableIn(
  { mounts, proc }: Tools,
  { directory, path }: Exported,
  mount: Mount,
  directories: number[],
): ProcFile | string {
  const below = mount.path.slice(path === "/" ? 1 : path.length + 1);
  let fd = -1;
  try {
    fd = mounts.openBelow(directory, below);
    directories.push(fd);
    const seen = Number(mounts.placeOf(fd).mount);
    if (seen !== 0 && seen !== mount.id) return "something else is there now";
    mounts.enter(fd);
    return proc.open("mountinfo");
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error.errno === ENOTDIR ? "not a directory" : error.message;
  } finally {
    if (fd >= 0) mounts.close(fd);
  }
}
