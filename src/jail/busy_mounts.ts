/**
 * Keeps the host's mounts of the export busy while they are served, so that
 * umount(2) fails with EBUSY, as for any file system in use. The private mount
 * that is served does not do that: it is a mount of its own.
 *
 * An open directory on each mount would keep it busy, but would be a way out of
 * the jail. An open mount table does it, too: it shows the mounts as seen from
 * the root directory that the process had when it opened the table, so the kernel
 * keeps that directory in use for as long as the table is open
 * (`mounts_open_common()` of fs/proc_namespace.c). From the table there is no way
 * to the directory, and it shows no mounts but those at and below it.
 *
 * @module
 */
import { RLIMIT_NOFILE } from "../../ffi/constants.ts";
import { ENOTDIR } from "../../ffi/errno.ts";
import type { ProcFile } from "../../ffi/proc.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Exported } from "./exported.ts";
import type { Mount } from "./mount_table.ts";
import { shortList } from "../log/quote.ts";
import type { JailTools } from "./plan.ts";

/**
 * File systems behind a server or another process. Opening their root can block
 * for as long as that does not answer, and with it the start. Not fuseblk: that
 * is a local disk.
 */
const REMOTE =
  /^(9p|afs|beegfs|ceph|cifs|coda|fuse$|fuse\.|gpfs|lustre|nfs|orangefs|smb)/;

/** Not a file system: it mounts one when it is used, autofs(5). */
const AUTOMOUNTER = "autofs";

type Tools = Pick<JailTools, "mounts" | "proc" | "limits" | "log">;

interface BusyMounts {
  /** The table of the export's own mount. */
  readonly own: ProcFile;
  /** The descriptors of all tables, to be kept open. */
  readonly tables: readonly number[];
  /** Descriptors that directories had, which are closed again. */
  readonly directories: readonly number[];
}

/**
 * Opens a mount table in each mount of the export, and first in the export's own.
 * For each it changes the root directory, chroot(2); the last one stays. Logs the
 * mounts that it can't keep busy.
 *
 * @throws {SystemError} if that fails for the export's own mount
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
    const table = REMOTE.test(mount.fileSystem)
      ? "a server may keep us waiting"
      : tables.length >= room
      ? "too many for the limit of open files"
      : tableIn(tools, exported, mount, directories);
    if (typeof table !== "string") tables.push(table.fd);
    else free.push(`${mount.path} (${mount.fileSystem}; ${table})`);
  }
  if (free.length > 0) {
    log.info(
      `What can be unmounted on the host while it is served: ${
        shortList(free)
      }`,
    );
  }
  return { own, tables, directories };
}

/** How many tables may be open: half of the free descriptors, as serving needs some. */
function roomForTables({ limits, proc }: Tools): number {
  const limit = Number(limits.get(RLIMIT_NOFILE).soft);
  return Math.floor((limit - proc.descriptors().length) / 2);
}

/** A mount table opened in `mount`, or why there is none. */
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
