/**
 * Names of open(2) flags.
 *
 * @module
 */
import {
  O_ACCMODE,
  O_APPEND,
  O_ASYNC,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_DSYNC,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_SYNC,
  O_TMPFILE_BIT,
  O_TRUNC,
} from "../../../ffi/constants.ts";

/** Bits by name. O_SYNC contains O_DSYNC, so it comes first. */
const FLAGS = Object.entries({
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_TRUNC,
  O_APPEND,
  O_NONBLOCK,
  O_SYNC,
  O_DSYNC,
  O_ASYNC,
  O_DIRECT,
  O_LARGEFILE,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NOATIME,
  O_CLOEXEC,
  O_PATH,
  __O_TMPFILE: O_TMPFILE_BIT,
});

const ACCESS = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"] as const;

/** As `O_RDWR|O_CREAT`; bits without a name in hexadecimal. */
export function openFlags(flags: number): string {
  const names: string[] = [ACCESS[(flags & O_ACCMODE) as 0 | 1 | 2 | 3]];
  let rest = (flags & ~O_ACCMODE) >>> 0;
  for (const [name, bits] of FLAGS) {
    if ((rest & bits) !== bits) continue;
    names.push(name);
    rest = (rest & ~bits) >>> 0;
  }
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names.join("|");
}
