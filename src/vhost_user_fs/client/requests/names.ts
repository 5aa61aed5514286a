/**
 * Requests that name something in a directory.
 *
 * @module
 */
import { Writer } from "../bytes.ts";
import {
  decodeCreated,
  decodeEntry,
  type Entry,
  ENTRY_SIZE,
  OPEN_SIZE,
  type Opened,
} from "../replies.ts";
import { type Opcode, plain, type Request } from "../request.ts";

type Name = string | Uint8Array;
type Bytes = Uint8Array<ArrayBuffer>;

function entry(op: Opcode, nodeid: number, args: Bytes): Request<Entry> {
  return {
    op,
    nodeid,
    args,
    room: { exactly: ENTRY_SIZE },
    decode: decodeEntry,
  };
}

function created(
  op: Opcode,
  nodeid: number,
  args: Bytes,
): Request<Entry & { opened: Opened }> {
  return {
    op,
    nodeid,
    args,
    room: { exactly: ENTRY_SIZE + OPEN_SIZE },
    decode: decodeCreated,
  };
}

export function lookup(parent: number, name: Name): Request<Entry> {
  return entry("LOOKUP", parent, new Writer().name(name).bytes);
}

export function symlink(
  parent: number,
  name: Name,
  target: Name,
): Request<Entry> {
  return entry("SYMLINK", parent, new Writer().name(name).name(target).bytes);
}

/** `mode` with the file's type. */
export function mknod(
  parent: number,
  name: Name,
  mode: number,
  rdev = 0,
  umask = 0,
): Request<Entry> {
  const args = new Writer().u32(mode, rdev, umask, 0).name(name).bytes;
  return entry("MKNOD", parent, args);
}

export function mkdir(
  parent: number,
  name: Name,
  mode: number,
  umask = 0,
): Request<Entry> {
  return entry("MKDIR", parent, new Writer().u32(mode, umask).name(name).bytes);
}

export function link(parent: number, name: Name, old: number): Request<Entry> {
  return entry("LINK", parent, new Writer().u64(old).name(name).bytes);
}

export function create(
  parent: number,
  name: Name,
  flags: number,
  mode: number,
  umask = 0,
): Request<Entry & { opened: Opened }> {
  const args = new Writer().u32(flags, mode, umask, 0).name(name).bytes;
  return created("CREATE", parent, args);
}

export function tmpfile(
  parent: number,
  flags: number,
  mode: number,
  umask = 0,
): Request<Entry & { opened: Opened }> {
  const args = new Writer().u32(flags, mode, umask, 0).name("#tmp").bytes;
  return created("TMPFILE", parent, args);
}

export function unlink(parent: number, name: Name): Request<undefined> {
  return plain("UNLINK", parent, new Writer().name(name).bytes);
}

export function rmdir(parent: number, name: Name): Request<undefined> {
  return plain("RMDIR", parent, new Writer().name(name).bytes);
}

export function rename(
  parent: number,
  name: Name,
  newParent: number,
  newName: Name,
): Request<undefined> {
  const args = new Writer().u64(newParent).name(name).name(newName).bytes;
  return plain("RENAME", parent, args);
}

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;
export const RENAME_WHITEOUT = 4;

export function rename2(
  parent: number,
  name: Name,
  newParent: number,
  newName: Name,
  flags: number,
): Request<undefined> {
  const args = new Writer().u64(newParent).u32(flags, 0).name(name).name(
    newName,
  );
  return plain("RENAME2", parent, args.bytes);
}
