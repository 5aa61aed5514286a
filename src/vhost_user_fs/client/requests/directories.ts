/**
 * Requests on open directories.
 *
 * @module
 */
import {
  decodeDirectory,
  decodeDirectoryPlus,
  type DirectoryEntry,
  type DirectoryEntryPlus,
  type Opened,
} from "../replies.ts";
import type { Request } from "../request.ts";
import { fsync, open, read, release } from "./files.ts";

/** O_DIRECTORY, O_NONBLOCK and O_LARGEFILE, as Linux sends them. */
const OPENDIR_FLAGS = 0x18800;

export function opendir(
  nodeid: number,
  flags = OPENDIR_FLAGS,
): Request<Opened> {
  return open(nodeid, flags, 0, "OPENDIR");
}

export function readdir(
  nodeid: number,
  fh: bigint,
  offset: bigint,
  size = 32768,
): Request<DirectoryEntry[]> {
  return {
    ...read(nodeid, fh, offset, size, "READDIR"),
    decode: decodeDirectory,
  };
}

export function readdirplus(
  nodeid: number,
  fh: bigint,
  offset: bigint,
  size = 32768,
): Request<DirectoryEntryPlus[]> {
  return {
    ...read(nodeid, fh, offset, size, "READDIRPLUS"),
    decode: decodeDirectoryPlus,
  };
}

export function releasedir(nodeid: number, fh: bigint): Request<undefined> {
  return release(nodeid, fh, "RELEASEDIR");
}

export function fsyncdir(nodeid: number, fh: bigint): Request<undefined> {
  return fsync(nodeid, fh, false, "FSYNCDIR");
}
