/**
 * Which handler answers which request.
 *
 * @module
 */
import { dense, type OpcodeName, type OPCODES } from "../fuse/opcodes.ts";
import type { Handler } from "../handler.ts";
import { batchForget } from "./batch_forget.ts";
import { copyFileRange } from "./copy_file_range.ts";
import { copyFileRange64 } from "./copy_file_range_64.ts";
import { create } from "./create.ts";
import { destroy } from "./destroy.ts";
import { fallocate } from "./fallocate.ts";
import { flush } from "./flush.ts";
import { forget } from "./forget.ts";
import { fsync } from "./fsync.ts";
import { fsyncdir } from "./fsyncdir.ts";
import { getattr } from "./getattr.ts";
import { getxattr } from "./getxattr.ts";
import { init } from "./init.ts";
import { link } from "./link.ts";
import { listxattr } from "./listxattr.ts";
import { lookup } from "./lookup.ts";
import { lseek } from "./lseek.ts";
import { mkdir } from "./mkdir.ts";
import { mknod } from "./mknod.ts";
import { open } from "./open.ts";
import { opendir } from "./opendir.ts";
import { read } from "./read.ts";
import { readdir } from "./readdir.ts";
import { readdirplus } from "./readdirplus.ts";
import { readlink } from "./readlink.ts";
import { release } from "./release.ts";
import { releasedir } from "./releasedir.ts";
import { removexattr } from "./removexattr.ts";
import { rename } from "./rename.ts";
import { rename2 } from "./rename2.ts";
import { rmdir } from "./rmdir.ts";
import { setattr } from "./setattr.ts";
import { setxattr } from "./setxattr.ts";
import { statfs } from "./statfs.ts";
import { statx } from "./statx.ts";
import { symlink } from "./symlink.ts";
import { syncfs } from "./syncfs.ts";
import { tmpfile } from "./tmpfile.ts";
import { unlink } from "./unlink.ts";
import { write } from "./write.ts";

const HANDLERS: {
  readonly [Name in OpcodeName]: Handler<(typeof OPCODES)[Name]["reply"]>;
} = {
  LOOKUP: lookup,
  FORGET: forget,
  GETATTR: getattr,
  SETATTR: setattr,
  READLINK: readlink,
  SYMLINK: symlink,
  MKNOD: mknod,
  MKDIR: mkdir,
  UNLINK: unlink,
  RMDIR: rmdir,
  RENAME: rename,
  LINK: link,
  OPEN: open,
  READ: read,
  WRITE: write,
  STATFS: statfs,
  RELEASE: release,
  FSYNC: fsync,
  SETXATTR: setxattr,
  GETXATTR: getxattr,
  LISTXATTR: listxattr,
  REMOVEXATTR: removexattr,
  FLUSH: flush,
  INIT: init,
  OPENDIR: opendir,
  READDIR: readdir,
  RELEASEDIR: releasedir,
  FSYNCDIR: fsyncdir,
  CREATE: create,
  DESTROY: destroy,
  BATCH_FORGET: batchForget,
  FALLOCATE: fallocate,
  READDIRPLUS: readdirplus,
  RENAME2: rename2,
  LSEEK: lseek,
  COPY_FILE_RANGE: copyFileRange,
  SYNCFS: syncfs,
  TMPFILE: tmpfile,
  STATX: statx,
  COPY_FILE_RANGE_64: copyFileRange64,
};

/** Handlers by opcode, undefined where there is no such request. */
export const TABLE: readonly (Handler | undefined)[] = dense((name) =>
  HANDLERS[name]
);
