/**
 * The flags of open(2): which of the guest's are the host's, and what the guest
 * may do with what is open.
 *
 * @module
 */
import {
  O_ACCMODE,
  O_DIRECT,
  O_NOATIME,
  O_RDONLY,
  O_SYNC,
  O_TRUNC,
} from "../../../ffi/constants.ts";
import {
  FOPEN_CACHE_DIR,
  FOPEN_DIRECT_IO,
  FOPEN_KEEP_CACHE,
  FOPEN_NOFLUSH,
  FOPEN_PARALLEL_DIRECT_WRITES,
} from "../fuse/structs.ts";
import type { CachePolicy, FuseOptions } from "../options.ts";

/**
 * Which flags are taken over. O_APPEND is not: WRITE says whether a write
 * appends, as what the guest has mapped is written back to where it was.
 * O_NONBLOCK is set in any case, and O_NOCTTY means nothing to a regular file;
 * O_PATH, O_TMPFILE, O_DIRECTORY, O_NOFOLLOW, O_ASYNC would make something else
 * of it.
 */
export function passedFlags(
  options: Pick<FuseOptions, "directIo" | "preserveNoatime">,
): number {
  // O_SYNC contains O_DSYNC.
  return O_ACCMODE | O_TRUNC | O_SYNC |
    (options.directIo ? O_DIRECT : 0) |
    (options.preserveNoatime ? O_NOATIME : 0);
}

/** Whether `flags` are of reading alone. */
export function readsOnly(flags: number): boolean {
  return (flags & O_ACCMODE) === O_RDONLY;
}

/** FOPEN flags of regular files, without what depends on how one is opened. */
export function fileOpenFlags(cache: CachePolicy): number {
  switch (cache) {
    case "never":
    case "metadata":
      // Nothing depends on the order of such writes but what the guest orders itself.
      return FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES;
    case "always":
      return FOPEN_KEEP_CACHE;
    case "auto":
      return 0;
  }
}

/** What of a file's closing need not be told: nothing was written by it. */
export const READ_ONLY_OPEN_FLAGS = FOPEN_NOFLUSH;

/** FOPEN flags of directories. */
export function directoryOpenFlags(cache: CachePolicy): number {
  switch (cache) {
    case "metadata":
    case "always":
      return FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE;
    case "never":
    case "auto":
      return 0;
  }
}
