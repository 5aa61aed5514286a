/**
 * What a handler is.
 *
 * @module
 */
import type { Fixed } from "../../ffi/memory.ts";
import type { PassthroughCalls } from "../../ffi/passthrough.ts";
import type { Stated } from "../../ffi/passthrough.ts";
import type { Done, Errno, Size } from "../../ffi/results.ts";
import type { Figures } from "../metrics/figures.ts";
import type { Session } from "./fuse/init.ts";
import type { ReplyForm } from "./fuse/opcodes.ts";
import type { Reply } from "./fuse/reply.ts";
import type { Request } from "./fuse/request.ts";
import type { Message } from "./message.ts";
import type { FuseOptions } from "./options.ts";
import type { Budget } from "./passthrough/budget.ts";
import type { Caller } from "./passthrough/caller.ts";
import type { DirectoryReader } from "./passthrough/directory_reader.ts";
import type { Inodes, Slot } from "./passthrough/inodes.ts";
import type { Entry, Lookup } from "./passthrough/lookup.ts";
import type { Handle, OpenFiles } from "./passthrough/open_files.ts";

/** What a handler works with. */
export interface Context {
  readonly request: Request;
  readonly reply: Reply;
  readonly calls: PassthroughCalls;
  readonly inodes: Inodes;
  readonly openFiles: OpenFiles;
  readonly lookup: Lookup;
  readonly directories: DirectoryReader;
  readonly budget: Budget;
  readonly caller: Caller;
  readonly session: Session;
  readonly options: FuseOptions;
  readonly figures: Figures;
  /** Two `struct timespec`. */
  readonly times: Fixed;
  /** An offset in a file each. */
  readonly offsets: readonly [Fixed, Fixed];
  /** What this server wants, as the words of INIT's flags. */
  readonly wantedFlags: readonly [number, number];
  /** Which flags of open(2) are taken over. */
  readonly passedFlags: number;
  /** How long the guest may believe what it was told, in seconds. */
  readonly seconds: number;
  /** The request where it came from: for data, which is not copied. */
  message: Message;
  /** The node of the header, where the request is about it. */
  node: Slot;
  /** The other half of what CREATE and TMPFILE have made, see {@linkcode Created}. */
  entry: Entry;
  /** Tells the log, once, why a guest that can't have ACLs can't mount. */
  tellNoAcl(): void;
  /** Drops all inodes and open files. */
  drop(): void;
}

declare const created: unique symbol;
/** A file that was made and opened: the handle; its node is `entry` of the context. */
export type Created = Handle & { readonly [created]: true };

declare const transferred: unique symbol;
/** Bytes that the kernel has put behind the header of the reply. */
export type Transferred = number & { readonly [transferred]: true };

declare const silent: unique symbol;
/** Nothing comes back. */
export type Silent = 0 & { readonly [silent]: true };

/** The value of {@linkcode Silent}. */
export const SILENT = 0 as Silent;

/** Success in each form of reply; see `ReplyForm` in `fuse/opcodes.ts`. */
interface Success {
  readonly status: Done;
  readonly entry: Entry;
  readonly attr: Stated;
  readonly open: Handle;
  readonly create: Created;
  readonly bytes: Size;
  readonly data: Transferred;
  readonly none: Silent;
}

/**
 * Decodes one request, carries it out, and returns what its form of reply
 * demands, or a negative errno. It throws nothing but what is fatal, and
 * allocates nothing.
 */
export type Handler<Form extends ReplyForm = ReplyForm> = (
  context: Context,
) => Success[Form] | (Form extends "none" ? never : Errno);
