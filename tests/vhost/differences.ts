/**
 * Where servers differ, and why. Tests ask here and nowhere else, so this is
 * the whole list. A server that is not named does what the test says.
 *
 * @module
 */
import type { Server } from "./support/servers.ts";

/** What a server does in place of what the test says. */
export type Difference =
  & Readonly<Partial<Record<Server, string>>>
  & { readonly reason: string };

/** Nobody depends on what it does. */
export const ANY = "anything";
/** It dies, and the share with it. */
export const GONE = "the back end has gone";

const NODE =
  "a node that nobody has is stale: what was open may be open no more";
const NAME =
  "a name is checked before any call; these servers leave it to the kernel and to their mount namespace";
const LOOKED_UP =
  "QEMU's server wants a name to have been looked up; a guest does that first";
const COUNTS =
  "QEMU's server stops where references are given back that it has not given";
const PANIC =
  "it unwraps what it could not read: a guest that sends half a request kills its share";
const LENGTH = "they go by the chain, and leave the length alone";
const EMFILE = "it has no budget but the kernel's";
const HOSTILE =
  "they end with a front end that they do not understand, or take its word";
const FLAGS =
  "nothing is to be flushed where nothing can be written (32), and direct writes may go in parallel (64)";
const OVERRIDE =
  "the guest's kernel has checked, and lets more than a user's own rights do it: capabilities, user namespaces, overlayfs over the share";
const GROUPS =
  "it knows no groups of the guest's users but one, and checks the access itself";
const SYMLINKS = "where all else may be kept, targets may be, too";
const TRANSLATED =
  "it leaves those of the host's ids alone that no rule is about: the host's root and the guest's are the same number";
const LATER = "it came after them";
const NO_PROC =
  "it opens by /proc/self/fd with O_NOFOLLOW, and says EBADF of what is neither a file nor a directory";

/** Every difference, by what is asked; a `*` stands for any words. The first that fits counts. */
const DIFFERENCES: readonly (readonly [what: string, Difference])[] = [
  ["LOOKUP within an unknown node", {
    "1.13": "EBADF",
    "7.2": "ENOENT",
    reason: NODE,
  }],
  ["RENAME* within an unknown node", {
    "1.13": "EBADF",
    "7.2": "EBADF",
    reason: NODE,
  }],
  ["UNLINK within an unknown node", {
    "1.13": "EBADF",
    "7.2": "EIO",
    reason: NODE,
  }],
  ["RMDIR within an unknown node", {
    "1.13": "EBADF",
    "7.2": "EIO",
    reason: NODE,
  }],
  ["GETATTR of a node that was forgotten*", {
    "1.13": "EBADF",
    "7.2": "EBADF",
    reason: NODE,
  }],
  ["SETATTR of the size of a directory", { reason: "all say EISDIR" }],
  ["SETATTR of the size of a*", {
    "1.13": "EBADF",
    "7.2": "EBADF",
    reason: NO_PROC,
  }],
  ["a request to a disabled ring", {
    "7.2": ANY,
    reason: "it serves it, sooner or later, and keeps only the call back",
  }],
  ["STATX", { "1.13": "ENOSYS", "7.2": "ENOSYS", reason: LATER }],
  ["ACCESS of eight kinds", {
    ours: "38,38,38,38,38,38,38,38",
    "7.2": "38,38,38,38,38,38,38,38",
    reason: "no guest asks",
  }],
  ["READDIR of a removed directory", {
    "7.2": "done",
    reason: "its libc takes ENOENT for the end",
  }],
  ["READDIR* into too little for a name", {
    "1.13": "done",
    "7.2": "done",
    reason: "an empty answer would be the end of the directory",
  }],
  ["OPENDIR of a symlink", { "1.13": "EBADF", reason: NO_PROC }],
  ["OPEN of a directory for reading", {
    ours: "EISDIR",
    reason: "OPENDIR is there for that",
  }],
  ["OPEN of a directory*", { reason: "all say the same" }],
  ["OPEN of a*", { "1.13": "EBADF", "7.2": "EBADF", reason: NO_PROC }],
  ["RELEASE by a handle that*", {
    "7.2": "done",
    reason: "nobody looks at how RELEASE ends",
  }],
  ["OPENDIR's flags with cache=always", {
    "7.2": "8",
    reason: "KEEP_CACHE for directories came after it",
  }],
  ["BATCH_FORGET of more than there are", { "7.2": GONE, reason: COUNTS }],
  ["FORGET of the root", { "7.2": GONE, reason: COUNTS }],
  ["the root after FORGET", {
    "1.13": "false",
    reason: "no guest forgets its root; one that does has lost its share",
  }],
  ["a number", {
    "7.2": "used again",
    reason: "its numbers are places in a table",
  }],
  ["DESTROY", {
    "1.13": "DESTROY: no reply came",
    reason: "nobody waits for it",
  }],
  ["a handle after*", { "7.2": "works", reason: "it forgets nodes alone" }],
  ["INIT sets SUBMOUNTS", { "7.2": "false", reason: "by an option there" }],
  ["INIT sets INIT_EXT", { "7.2": "false", reason: LATER }],
  ["INIT sets EXPORT_SUPPORT", { "7.2": "true", reason: "it serves . and .." }],
  ["GETATTR before INIT", {
    ours: "done",
    "1.13": "EBADF",
    reason: "there is no root yet",
  }],
  ["TMPFILE without anything", { "7.2": "ENOSYS", reason: LATER }],
  ["STATX without anything", { "7.2": "ENOSYS", reason: LATER }],
  ["* without anything", { "1.13": GONE, reason: PANIC }],
  ["MKDIR with all bits", {
    "7.2": "EINVAL",
    reason: "it takes no bits but the mode's",
  }],
  ["a length of 2^31", { "1.13": "ENOMEM", "7.2": "done", reason: LENGTH }],
  ["a length *", { "1.13": "done", "7.2": "done", reason: LENGTH }],
  ["GETATTR after opcode 4096", {
    "7.2": "EIO",
    reason: "it takes CUSE_INIT for an INIT of another session",
  }],
  ["WRITE at a negative offset", {
    "1.13": GONE,
    reason: "it unwraps the conversion of an offset: a guest kills its share",
  }],
  ["WRITE of more than fits", {
    "1.13": "28 undefined",
    reason: "it goes on until everything is written, and says how that ended",
  }],
  ["LOOKUP's flags of a mount", { "7.2": "0", reason: "by an option there" }],
  ["GETATTR's flags of a mount", {
    ours: "0",
    "1.13": "0",
    "7.2": "0",
    reason: "no guest looks at them there",
  }],
  ["LOOKUP beyond the budget", { "7.2": "0,24", reason: EMFILE }],
  ["OPEN beyond the budget", { "7.2": "EMFILE", reason: EMFILE }],
  ["protocol feature RESET_DEVICE", { "7.2": "false", reason: LATER }],
  ["an unknown message", {
    "1.13": GONE,
    "7.2": GONE,
    reason: "they end where they do not understand their VMM",
  }],
  ["SET_OWNER in silence", {
    "1.13": GONE,
    reason: "it takes a second owner for a mistake",
  }],
  ["RESET_DEVICE in silence", { "7.2": GONE, reason: LATER }],
  ["a request that waited", {
    "1.13": "Ring 1: no answer in time",
    "7.2": "Ring 1: no answer in time",
    reason:
      "a kick that came before the ring was enabled is lost; a VMM kicks again",
  }],
  ["hostile: *", { "1.13": ANY, "7.2": ANY, reason: HOSTILE }],
  ["descriptors *", { "1.13": ANY, "7.2": ANY, reason: HOSTILE }],
  ["a buffer in two regions", {
    "1.13": GONE,
    "7.2": GONE,
    reason: "they translate a buffer by its first byte's region",
  }],
  ["the end by SIGTERM", {
    "1.13": "exit 1",
    reason: "it takes a signal for a failure",
  }],
  ["the end by SIGHUP", {
    "1.13": "exit 1",
    reason: "it takes a signal for a failure",
  }],
  ["the end by SIGINT", {
    "1.13": "killed by SIGINT",
    reason: "as nobody else listens to it",
  }],
  ["OPEN's flags with cache=auto", { ours: "32", reason: FLAGS }],
  ["OPEN's flags with cache=always", { ours: "34", reason: FLAGS }],
  ["OPEN's flags with cache=never", { ours: "97", reason: FLAGS }],
  ["OPEN's flags with cache=metadata", { ours: "97", reason: FLAGS }],
  ["INIT's flags with --cache=always", {
    "1.13": "DO_READDIRPLUS READDIRPLUS_AUTO SUBMOUNTS CREATE_SUPP_GROUP",
    reason: SYMLINKS,
  }],
  ["INIT's flags with --cache=metadata", {
    "1.13": "DO_READDIRPLUS READDIRPLUS_AUTO SUBMOUNTS CREATE_SUPP_GROUP",
    reason: SYMLINKS,
  }],
  ["INIT's flags with --no-announce-submounts", {
    "1.13": "DO_READDIRPLUS READDIRPLUS_AUTO SUBMOUNTS CREATE_SUPP_GROUP",
    reason: "it agrees on them, and announces none",
  }],
  ["* to truncate* with --readonly", {
    "1.13": "EINVAL",
    reason: "another errno for the same no",
  }],
  ["CREATE with O_EXCL of a file that is there with --readonly", {
    "1.13": "EROFS",
    reason: "open(2) says EEXIST there",
  }],
  ["SYMLINK to nothing", { ours: "EINVAL", reason: "no guest asks for one" }],
  ["a stranger's owner, mapped: root", { "1.13": "0:0", reason: TRANSLATED }],
  ["a stranger's owner, mapped: above", {
    "1.13": "101000:101000",
    reason: TRANSLATED,
  }],
  ["a stranger's owner, mapped: half", { "1.13": "0:0", reason: TRANSLATED }],
  ["* a stranger, mapped", {
    "1.13": "EIO",
    reason: "it has no errno for an id that is forbidden",
  }],
  ["MKDIR by a group of an ACL, as a user", {
    "1.13": "EACCES",
    reason: OVERRIDE,
  }],
  ["* where the guest sends no groups", { "7.2": "EACCES", reason: GROUPS }],
  ["* in root as a user", { ours: "done", reason: OVERRIDE }],
  ["* in extra as a user", { ours: "done", reason: OVERRIDE }],
  ["MKDIR after it, without the group", { ours: "done", reason: OVERRIDE }],
  ["MKDIR without the group, mapped", { ours: "done", reason: OVERRIDE }],
  ["files that a user made where he may not", { ours: "5", reason: OVERRIDE }],
  ["COPY_FILE_RANGE_64", { "1.13": "ENOSYS", "7.2": "ENOSYS", reason: LATER }],
  ["*ETXATTR of a name of 256 bytes", {
    ours: "ENAMETOOLONG",
    reason: "it is checked like any name",
  }],
  ["GETXATTR without a name", {
    ours: "EINVAL",
    "1.13": "EOPNOTSUPP",
    reason: "it looks for the name's namespace",
  }],
  ["* unknown node", { "1.13": "EBADF", "7.2": "EBADF", reason: NODE }],
  ["TMPFILE", { "1.13": "ENOSYS", "7.2": "ENOSYS", reason: LATER }],
  ["MKNOD of a directory", {
    "7.2": "done",
    reason: "QEMU's server makes one",
  }],
  ["CREATE of a file that is there", {
    "7.2": GONE,
    reason:
      "Debian's libc ends a program that opens with O_CREAT and no mode: a guest that does not know of a new file kills its share",
  }],
  ["CREATE over a directory", { "7.2": GONE, reason: "as above" }],
  ["CREATE over a*", {
    "1.13": "EBADF",
    "7.2": GONE,
    reason: "as for a file that is there, or: " + NO_PROC,
  }],
  ["UNLINK of a missing name", { "7.2": "EIO", reason: LOOKED_UP }],
  ["UNLINK below a file", { "7.2": "EIO", reason: LOOKED_UP }],
  ["UNLINK of 256 bytes", { "7.2": "EIO", reason: LOOKED_UP }],
  ["RMDIR of a missing name", { "7.2": "EIO", reason: LOOKED_UP }],
  ["RMDIR below a file", { "7.2": "EIO", reason: LOOKED_UP }],
  ["RMDIR of 256 bytes", { "7.2": "EIO", reason: LOOKED_UP }],
  ["RENAME* of a missing name", { "7.2": "EIO", reason: LOOKED_UP }],
  ["RENAME* from below a file", { "7.2": "EIO", reason: LOOKED_UP }],
  ["RENAME2 with unknown flags", {
    "1.13": "done",
    reason: "it asks the kernel for the flags it knows",
  }],
  ['* "a/b"', { "1.13": ANY, reason: NAME }],
  ['* "/"', { "1.13": ANY, reason: NAME }],
  ['* "../file"', { "1.13": ANY, reason: NAME }],
  ['* "/etc"', { "1.13": ANY, reason: NAME }],
  ['* "dir/inner"', { "1.13": ANY, reason: NAME }],
  ['* "."', { "1.13": ANY, "7.2": ANY, reason: NAME }],
  ['* ".."', { "1.13": ANY, "7.2": ANY, reason: NAME }],
  ['* ""', { "1.13": "ENOENT", "7.2": "ENOENT", reason: NAME }],
];

const PATTERNS = DIFFERENCES.map(([what, difference]) =>
  [
    new RegExp(
      `^${
        what.split("*").map((part) =>
          part.replace(/[.()[\]"/\\+?^$|]/g, "\\$&")
        )
          .join(".*")
      }$`,
      "s",
    ),
    difference,
  ] as const
);

/** The difference that counts for `what`, if there is one. */
export function difference(what: string): Difference | undefined {
  return PATTERNS.find(([pattern]) => pattern.test(what))?.[1];
}
