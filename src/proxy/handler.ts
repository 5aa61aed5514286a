/**
 * The type of a handler, and what handlers work with.
 *
 * @module
 */
import { ENOBUFS } from "../../ffi/errno.ts";
import type { FileCalls } from "../../ffi/files.ts";
import type { Fixed } from "../../ffi/memory.ts";
import type { InodeHandles } from "./files/inode_handles.ts";
import type { InodeNumbers } from "./files/inode_numbers.ts";
import type { Identity } from "../identity.ts";
import type { Figures } from "../metrics/figures.ts";
import type { ReplyForm } from "./wire/protocol.ts";
import type { ReplyWriter } from "./wire/reply_writer.ts";
import type { RequestReader } from "./wire/request_reader.ts";
import {
  type Done,
  type Errno,
  failure,
  type Fd,
  type Size,
} from "../../ffi/results.ts";

/** Serves requests whose path is too long for the kernel, see {@linkcode ./files/long_paths.ts}. */
export interface LongPathServer {
  /** Whether the working directory is not the root directory, so that relative paths are wrong. */
  readonly isOutsideRoot: boolean;
  /** Serves a request of `type` while {@linkcode isOutsideRoot}. */
  serveAway(type: number, context: Context): ReturnType<Handler>;
  /** Serves a request of `type` whose handler has returned ENAMETOOLONG. */
  serve(type: number, context: Context): ReturnType<Handler>;
}

/** What a handler works with. */
export interface Context {
  readonly request: RequestReader;
  readonly reply: ReplyWriter;
  readonly files: FileCalls;
  readonly identity: Identity;
  /** Two `struct timespec` of 16 bytes, for UTIME. */
  readonly times: Pick<Fixed, "bytes" | "pointer">;
  /** Whether ids are mapped, so that files may have owners that the guest does not have. */
  readonly mappedIds: boolean;
  /** Whether the guest may make device nodes. */
  readonly devices: boolean;
  /** Whether the kernel lets nobody open a device in the export, as it is mounted nodev. */
  readonly devicesBarred: boolean;
  /** Makes inode numbers unique in the export. */
  readonly inodeNumbers: Pick<
    InodeNumbers,
    "several" | "translate" | "generationMask"
  >;
  /** Whether the export's file system has inode generations, for GETVERSION. */
  readonly hasGenerations: boolean;
  /** Reads them without opening the file; undefined if the file system does not permit that. */
  readonly handles: InodeHandles | undefined;
  readonly longPaths: LongPathServer;
  readonly figures: Pick<Figures, "begin" | "fail">;
}

/** What a handler returns if the request ends before its last field: as the original helper, ENOBUFS. */
export const INCOMPLETE: Errno = failure(ENOBUFS);

/** What a handler returns on success, by the form of its reply. */
interface Success {
  readonly status: Done;
  /** It is passed to the peer, and closed. */
  readonly descriptor: Fd;
  /** The size of the payload, which the handler has put into the reply. */
  readonly data: Size;
}

/**
 * Decodes a request, carries it out, and returns what its form of reply needs, or
 * a negative errno. It throws nothing, and allocates no memory.
 */
export type Handler<Form extends ReplyForm = ReplyForm> = (
  context: Context,
) => Success[Form] | Errno;
