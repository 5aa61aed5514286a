/**
 * Where this program means to differ from the original. Tests ask here and
 * nowhere else, so this is the whole list.
 *
 * An outcome is `done`, the name of an errno, or what the test makes of an
 * answer, in words.
 *
 * @module
 */

/** The original dies of it, and the share with it. */
export const ABORTED = "killed by SIGABRT";
export const TRAPPED = "killed by SIGTRAP";
/** The original would hang, or go by what happens to lie in its memory. */
export const NOT_ASKED = "not asked";

interface Difference {
  readonly ours: string;
  readonly original: string;
  readonly reason: string;
}

const FAILURE_SHOWS =
  "a failure must be seen by who started the helper; the original exits with 0";
const LEFTOVERS =
  "what the original does with one id -1 hangs on the request before: it creates as the other id, or aborts";
const NO_NUMBER =
  "an id of -1 is the helper's own, so this is root's file as it is for 0:0; the original has given up its capabilities by then";
const NEGATIVE_SIZE =
  "the original allocates a negative size, and its allocator gives up";
const SPECIAL =
  "no special file is ever opened: open(2) of a FIFO waits for its other end, and the whole share waits with it";
const NO_TMPFILE =
  "a file without a name can't be given back to the guest by name; the flag is stripped, and writing a directory is refused";
const CUT_LENGTH =
  "a u16 can't count 65536 bytes: the original's answer says 0 of them";
const WHOLE_VALUE =
  "what can't be sent is said to be so; the original has the kernel compare the sizes first";

/** Every intended difference, by what is asked. */
export const DIFFERENCES = {
  "a user's file after one for user 0 and another group": {
    ours: "done",
    original: ABORTED,
    reason:
      "setfsuid(0) from 0 gives no capability back: the original has lost them for good",
  },
  "root's rights after a file for user 0 and another group": {
    ours: "done",
    original: "EPERM",
    reason: "as above: it has lost them",
  },
  "an order of owners that leaves the original without rights": {
    ours: "served",
    original: NOT_ASKED,
    reason: "most of these orders kill the original, as above",
  },
  "an id of -1 beside a user's": {
    ours: "done",
    original: NOT_ASKED,
    reason: LEFTOVERS,
  },
  "a setgid file truncated for who has no group": {
    ours: "setgid",
    original: "no longer setgid",
    reason: NO_NUMBER,
  },
  "O_NOATIME of another's file for who has no group": {
    ours: "done",
    original: "EPERM",
    reason: NO_NUMBER,
  },
  "a device made for who has no group": {
    ours: "done",
    original: "EPERM",
    reason: NO_NUMBER,
  },
  "a setgid file made for who has no group": {
    ours: "setgid",
    original: "not setgid",
    reason: NO_NUMBER,
  },
  "LSETXATTR of 3000 bytes with a value of 3": {
    ours: "EINVAL, nothing stored",
    original: "done, 3000 bytes stored",
    reason: "the original stores its heap, for the guest to read",
  },
  "READLINK into a negative size": {
    ours: "EINVAL",
    original: TRAPPED,
    reason: NEGATIVE_SIZE,
  },
  "LGETXATTR into a negative size": {
    ours: "EINVAL",
    original: TRAPPED,
    reason: NEGATIVE_SIZE,
  },
  "LLISTXATTR into a negative size": {
    ours: "EINVAL",
    original: TRAPPED,
    reason: NEGATIVE_SIZE,
  },
  "OPEN of a FIFO": { ours: "ENXIO", original: NOT_ASKED, reason: SPECIAL },
  "CREATE over a FIFO": { ours: "ENXIO", original: NOT_ASKED, reason: SPECIAL },
  "GETVERSION of a FIFO": {
    ours: "ENXIO",
    original: NOT_ASKED,
    reason: SPECIAL,
  },
  "GETVERSION of a device": {
    ours: "ENXIO",
    original: "ENOTTY",
    reason: SPECIAL,
  },
  "GETVERSION of a file system without generations inside of one with": {
    ours: "done",
    original: "ENOTTY",
    reason:
      "where there is no generation QEMU is told what the file system makes of 0; the original looks at the export's root alone",
  },
  "the inode number of a file system inside of the export": {
    ours: "no other file's",
    original: "its own",
    reason:
      "a guest knows a file by its number: with each file system's own ones it reads one file for the other",
  },
  "the generation of a file system inside of the export": {
    ours: "told apart",
    original: "its own",
    reason:
      "QEMU has inode numbers from its own fstat(2), too, and these can't be changed",
  },
  "the upper half of a generation": {
    ours: "zero",
    original: NOT_ASKED,
    reason:
      "the kernel writes an int; the rest of the original's word is what its stack holds of the requests before",
  },
  "OPEN of a new name with O_CREAT": {
    ours: "ENOENT",
    original: "done",
    reason: "it would be made as root; CREATE is there for that",
  },
  "OPEN of a directory with O_CREAT": {
    ours: "done",
    original: "EISDIR",
    reason: "O_CREAT is stripped",
  },
  "OPEN of a file with O_CREAT and O_EXCL": {
    ours: "done",
    original: "EEXIST",
    reason: "both are stripped",
  },
  "OPEN with O_TMPFILE": {
    ours: "EISDIR",
    original: "done",
    reason: NO_TMPFILE,
  },
  "CREATE with O_TMPFILE": {
    ours: "EISDIR",
    original: "done",
    reason: NO_TMPFILE,
  },
  "where ../.. leads from a passed directory": {
    ours: "the export",
    original: "out of it",
    reason:
      "a chroot binds the helper, not QEMU: the export is a mount of its own here",
  },
  "more descriptors under way than may be": {
    ours: "done, then ETOOMANYREFS",
    original: NOT_ASKED,
    reason:
      "the original ends the connection where the kernel does not take a descriptor",
  },
  "threads with more than the seven capabilities": {
    ours: "none",
    original: "some",
    reason:
      "capabilities belong to a thread, and the original lowers its first one only",
  },
  "the id of a file system": {
    ours: "whole",
    original: "its lower half",
    reason:
      "QEMU takes the upper half of the second word: the same 64 bits in both words arrive whole",
  },
  "LGETXATTR of 65536 bytes into 65535": {
    ours: "ENOBUFS",
    original: "ERANGE",
    reason: WHOLE_VALUE,
  },
  "LGETXATTR of 65536 bytes into 65536": {
    ours: "ENOBUFS",
    original: "done, 0 bytes",
    reason: CUT_LENGTH,
  },
  "LLISTXATTR of over 65536 bytes into 65536": {
    ours: "ENOBUFS",
    original: "E2BIG",
    reason: WHOLE_VALUE,
  },
  "a path of 4096 bytes": {
    ours: "done",
    original: "ENAMETOOLONG",
    reason: "the wire carries 65,535 bytes: long paths are walked in pieces",
  },
  "GETVERSION where no descriptor is left": {
    ours: "done",
    original: "EMFILE",
    reason: "the generation is had from a handle, without opening the file",
  },
  "the end after a request that is none": {
    ours: "exit 1",
    original: "exit 0",
    reason: FAILURE_SHOWS,
  },
  "the log after half a request": {
    ours: "in the middle of a request",
    original: "nothing of it",
    reason: "a request that was lost is worth a line",
  },
  "the end of a start without a connection": {
    ours: "exit 1",
    original: "exit 0",
    reason: FAILURE_SHOWS,
  },
} as const satisfies Readonly<Record<string, Difference>>;

/** What is asked that the two answer differently. */
export type DifferenceName = keyof typeof DIFFERENCES;

/** The difference as the suite sees it. */
export function difference(name: DifferenceName): Difference {
  return DIFFERENCES[name];
}
