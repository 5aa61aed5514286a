/**
 * What is exported: the directory, and the mounts that come with it.
 *
 * @module
 */
import { exportedMounts, type Mount, parseMounts } from "./mount_table.ts";
import type { MountCalls } from "../../ffi/mounts.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";

/** The export as it was found at the start, before anything was changed. */
export interface Exported {
  /** The directory itself, by O_PATH. It leads out of the jail: to be closed before anything is served. */
  readonly directory: number;
  /** Its path, absolute and without symlinks. */
  readonly path: string;
  /** The number of the mount that it is on, if that can be known. */
  readonly mount: number | undefined;
  /** That mount, and those below the directory that are exported with it. */
  readonly mounts: readonly Mount[];
  /** The numbers of all mounts that the process sees. */
  readonly known: ReadonlySet<number>;
}

/**
 * Opens the directory, and reads the mount table: once for all who need it.
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
  // 0 before Linux 5.8.
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
