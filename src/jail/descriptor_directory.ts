/**
 * A working directory in which descriptor N is the file "N": magic links, as in
 * /proc/self/fd. By such a name a file is opened, or changed, that is known by an
 * O_PATH descriptor only.
 *
 * It is a private mount of that one directory, which has no name and out of which
 * `..` does not lead: of /proc nothing else can be reached in the jail. Nobody
 * has it but the working directory itself, its descriptor is closed.
 *
 * @module
 */
import type { MountCalls, Place } from "../../ffi/mounts.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Log } from "../log/log.ts";
import { faultsOf, ok, type Property, weak } from "./property.ts";

/** The directory while it is not entered yet. */
interface OpenedDirectory {
  readonly fd: number;
  /** Whether it is a private mount. */
  readonly closed: boolean;
}

/** The directory that was entered, to be compared. */
export interface DescriptorDirectory {
  readonly place: Place;
  /** Whether it is a private mount. */
  readonly closed: boolean;
}

interface Tools {
  readonly mounts: MountCalls;
  readonly proc: ProcDirectory;
  readonly log: Log;
}

/**
 * Opens the directory, as long as there is a /proc. Where the kernel permits no
 * mount it is that of /proc itself, and the log says so.
 *
 * @throws {SystemError}
 */
export function openDescriptorDirectory(
  { mounts, proc, log }: Tools,
): OpenedDirectory {
  const directory = mounts.openBelow(proc.fd, "fd");
  try {
    const fd = mounts.cloneDirectory(directory);
    mounts.close(directory);
    return { fd, closed: true };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    log.warning(
      `No private mount of /proc/self/fd (${error.message}): if a guest had this program run its code, the working directory would lead that out of the jail by ".."`,
    );
    return { fd: directory, closed: false };
  }
}

/**
 * Makes it the working directory, in the jail, and closes the descriptor.
 *
 * @throws {SystemError}
 */
export function enterDescriptorDirectory(
  { mounts }: Pick<Tools, "mounts">,
  { fd, closed }: OpenedDirectory,
): DescriptorDirectory {
  const place = mounts.placeOf(fd);
  mounts.changeDirectory(fd);
  mounts.close(fd);
  return { place, closed };
}

/** What is wrong with it. @param root a descriptor of the root directory */
export function descriptorDirectoryFaults(
  { mounts }: Pick<Tools, "mounts">,
  { place, closed }: DescriptorDirectory,
  root: number,
): string[] {
  const working = mounts.placeOfPath(".");
  const parent = mounts.placeOfPath("..");
  // What a descriptor leads to is what is behind its name.
  const named = mounts.placeOfPath(String(root));
  return faultsOf([
    [samePlace(working, place), "the working directory is another"],
    [
      !closed || samePlace(parent, place),
      ".. leads out of the working directory",
    ],
    [
      samePlace(named, mounts.placeOf(root)),
      "the working directory does not name descriptors",
    ],
  ]);
}

/** Describes it. */
export function describeDescriptorDirectory(
  { closed }: DescriptorDirectory,
): Property {
  return closed
    ? ok("working dir.", "names of descriptors alone, a mount of its own")
    : weak("working dir.", "/proc/self/fd of the host, which leads out by ..");
}

/** Whether both are the same directory, reached by the same mount. */
export function samePlace(a: Place, b: Place): boolean {
  return a.device === b.device && a.inode === b.inode && a.mount === b.mount;
}
