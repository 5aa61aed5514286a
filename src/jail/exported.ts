/**
 * Finds the directory to export, and the mounts below it.
 *
 * @module
 */
import { exportedMounts, type Mount, parseMounts } from "./mount_table.ts";
import type { MountCalls } from "../../ffi/mounts.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";

/** The export as it was at the start, before anything was changed. */
export interface Exported {
  /** The directory, opened with O_PATH. It is a way out of the jail, and must be closed in time. */
  readonly directory: number;
  /** Its path, absolute and without symlinks. */
  readonly path: string;
  /** The id of the mount that it is on, if it could be found. */
  readonly mount: number | undefined;
  /** That mount, and those that are exported with it, see {@linkcode exportedMounts}. */
  readonly mounts: readonly Mount[];
  /** The ids of all mounts that the process sees. */
  readonly known: ReadonlySet<number>;
}

/**
 * Opens the directory and reads the mount table.
 *
 * @throws {SystemError}
 */
export function findExport(
  { mounts, proc }: {
    readonly mounts: Pick<MountCalls, "openDirectory" | "placeOf">;
    readonly proc: Pick<ProcDirectory, "readLink" | "readText">;
  },
  name: string,
): Exported {
  const directory = mounts.openDirectory(name);
  const path = proc.readLink(`fd/${directory}`) ?? name;
  // statx(2) tells it from Linux 5.8 on, else it is 0.
  const number = Number(mounts.placeOf(directory).mount);
  const table = parseMounts(proc.readText("mountinfo"));
  const exported = exportedMounts(table, path, number || undefined);
  return {
    directory,
    path,
    mount: number || exported[0]?.id,
    mounts: exported,
    known: new Set(table.map(({ id }) => id)),
  };
}
