/**
 * What a handler is.
 *
 * @module
 */
import type { FileCalls } from "../../ffi/files.ts";
import type { InodeHandles } from "./files/inode_handles.ts";
import type { InodeNumbers } from "./files/inode_numbers.ts";
import type { Identity } from "../identity.ts";
import type { ReplyForm } from "./wire/protocol.ts";
import type { ReplyWriter } from "./wire/reply_writer.ts";
import type { RequestReader } from "./wire/request_reader.ts";
import type { Done, Errno, Fd, Size } from "../../ffi/results.ts";

/** Serves what has failed with ENAMETOOLONG. */
export interface LongPathServer {
  /** Whether a relative path would begin elsewhere than at the root directory. */
  readonly away: boolean;
  /** Serves a request while {@linkcode away}. */
  serveAway(type: number, context: Context): ReturnType<Handler>;
  /** Serves the request of `type` whose path was too long for its handler. */
  serve(type: number, context: Context): ReturnType<Handler>;
}

/** What a handler works with. */
export interface Context {
  readonly request: RequestReader;
  readonly reply: ReplyWriter;
  readonly files: FileCalls;
  readonly identity: Identity;
  /** 16 bytes × 2 for the times of UTIME. */
  readonly times: {
    readonly bytes: Uint8Array;
    readonly pointer: Deno.PointerObject;
  };
  /** Whether the guest has only some ids, and other files have owners that it does not have. */
  readonly mappedIds: boolean;
  /** Whether device nodes may be made. */
  readonly devices: boolean;
  /** Whether no device can be opened, as all of the export is mounted so. */
  readonly devicesBarred: boolean;
  /** What the guest is told of inode numbers. */
  readonly inodeNumbers: Pick<
    InodeNumbers,
    "several" | "translate" | "generationMask"
  >;
  /** Whether the export's file system is one whose inode generations QEMU is told. */
  readonly hasGenerations: boolean;
  /** How they are read without opening the file, where that can be. */
  readonly handles: InodeHandles | undefined;
  /** Who serves what has failed with ENAMETOOLONG. */
  readonly longPaths: LongPathServer;
}

/** Success in each form of reply; see `ReplyForm` in `wire/protocol.ts`. */
interface Success {
  readonly status: Done;
  /** To be passed to the peer, and closed. */
  readonly descriptor: Fd;
  /** The size of the payload, which is in the reply already. */
  readonly data: Size;
}

/**
 * Decodes one request, carries it out, and returns what its form of reply
 * demands, or a negative errno. It throws nothing and allocates nothing.
 */
export type Handler<Form extends ReplyForm = ReplyForm> = (
  context: Context,
) => Success[Form] | Errno;
