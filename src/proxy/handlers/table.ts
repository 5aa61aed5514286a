/**
 * The handlers, by request.
 *
 * @module
 */
import {
  type ReplyForm,
  REQUEST_LIMIT,
  REQUEST_NAMES,
  type RequestName,
  REQUESTS,
} from "../wire/protocol.ts";
import { chmod } from "./chmod.ts";
import { chown } from "./chown.ts";
import { create } from "./create.ts";
import { getversion } from "./getversion.ts";
import type { Handler } from "../handler.ts";
import { lgetxattr } from "./lgetxattr.ts";
import { link } from "./link.ts";
import { llistxattr } from "./llistxattr.ts";
import { lremovexattr } from "./lremovexattr.ts";
import { lsetxattr } from "./lsetxattr.ts";
import { lstat } from "./lstat.ts";
import { mkdir } from "./mkdir.ts";
import { mknod } from "./mknod.ts";
import { open } from "./open.ts";
import { readlink } from "./readlink.ts";
import { remove } from "./remove.ts";
import { rename } from "./rename.ts";
import { statfs } from "./statfs.ts";
import { symlink } from "./symlink.ts";
import { truncate } from "./truncate.ts";
import { utime } from "./utime.ts";

const HANDLERS: {
  readonly [Name in RequestName]: Handler<(typeof REQUESTS)[Name]["reply"]>;
} = {
  OPEN: open,
  CREATE: create,
  MKNOD: mknod,
  MKDIR: mkdir,
  SYMLINK: symlink,
  LINK: link,
  LSTAT: lstat,
  READLINK: readlink,
  STATFS: statfs,
  CHMOD: chmod,
  CHOWN: chown,
  TRUNCATE: truncate,
  UTIME: utime,
  RENAME: rename,
  REMOVE: remove,
  LGETXATTR: lgetxattr,
  LLISTXATTR: llistxattr,
  LSETXATTR: lsetxattr,
  LREMOVEXATTR: lremovexattr,
  GETVERSION: getversion,
};

/** Handlers by the type of the request; undefined if there is no such request. */
export const TABLE: readonly (Handler | undefined)[] = dense((name) =>
  HANDLERS[name]
);

/** By the type of the request, whether the reply is a descriptor, without a header. */
export const ANSWERS_DESCRIPTOR = answersWith("descriptor");

/** By the type of the request, whether the reply is a status. */
export const ANSWERS_STATUS = answersWith("status");

/** Names by the type of the request. */
export const NAMES: readonly (RequestName | undefined)[] = dense((name) =>
  name
);

function answersWith(form: ReplyForm): readonly boolean[] {
  return dense((name) => REQUESTS[name].reply === form).map(Boolean);
}

function dense<T>(of: (name: RequestName) => T): (T | undefined)[] {
  const table = new Array<T | undefined>(REQUEST_LIMIT).fill(undefined);
  for (const name of REQUEST_NAMES) table[REQUESTS[name].number] = of(name);
  return table;
}
