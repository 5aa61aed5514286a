/**
 * Serves FUSE: from the bytes of a request to those of its reply.
 *
 * @module
 */
import { EINVAL, EIO, ENOSYS, EOPNOTSUPP, errnoText } from "../../ffi/errno.ts";
import type { Libc } from "../../ffi/libc.ts";
import { allocate } from "../../ffi/memory.ts";
import {
  type PassthroughCalls,
  passthroughCalls,
} from "../../ffi/passthrough.ts";
import {
  E2BIG,
  EMFILE,
  ENFILE,
  EROFS,
  ESTALE,
} from "../../ffi/passthrough_constants.ts";
import { failed, type Fd } from "../../ffi/results.ts";
import type { DESCRIPTOR_SYMBOLS } from "../../ffi/symbols/descriptors.ts";
import type { IDENTITY_SYMBOLS } from "../../ffi/symbols/identity.ts";
import type { PASSTHROUGH_SYMBOLS } from "../../ffi/symbols/passthrough.ts";
import type { STATUS_SYMBOLS } from "../../ffi/symbols/status.ts";
import { threadPrivileges } from "../../ffi/thread_privileges.ts";
import { StartError } from "../errors.ts";
import type { Identity } from "../identity.ts";
import type { Log } from "../log/log.ts";
import type { Figures } from "../metrics/figures.ts";
import { answer } from "./answer.ts";
import { newSession, wantedFlags } from "./fuse/init.ts";
import { OPCODE_LIMIT, OPCODE_TABLE, OPCODES } from "./fuse/opcodes.ts";
import { MAX_BODY, Reply } from "./fuse/reply.ts";
import { Request, REQUEST_SIZE } from "./fuse/request.ts";
import { IN_HEADER, OUT_HEADER } from "./fuse/structs.ts";
import { describe } from "./fuse/trace.ts";
import type { Context } from "./handler.ts";
import { TABLE } from "./handlers/table.ts";
import type { FuseServer, Message } from "./message.ts";
import { type FuseOptions, validSeconds } from "./options.ts";
import { Budget } from "./passthrough/budget.ts";
import { Caller } from "./passthrough/caller.ts";
import { DirectoryReader } from "./passthrough/directory_reader.ts";
import { Inodes, ROOT } from "./passthrough/inodes.ts";
import { type Entry, Lookup } from "./passthrough/lookup.ts";
import { passedFlags } from "./passthrough/open_flags.ts";
import { OpenFiles } from "./passthrough/open_files.ts";

/** The libc that requests need. */
export type FuseLibc = Libc<
  & typeof DESCRIPTOR_SYMBOLS
  & typeof STATUS_SYMBOLS
  & typeof IDENTITY_SYMBOLS
  & typeof PASSTHROUGH_SYMBOLS
>;

/** What FUSE is served with. */
export interface FuseParts {
  readonly libc: FuseLibc;
  /** An O_PATH descriptor of the root directory, which stays the caller's. */
  readonly root: Fd;
  readonly identity: Identity;
  readonly options: FuseOptions;
  readonly log: Log;
  readonly figures: Figures;
  /** How many descriptors the guest may make this program hold. */
  readonly budget: number;
}

/** What is fetched at first: every request whole but long names, values and data. */
const FIRST_FETCH = 640;

/**
 * Makes a server. The working directory has to be a `/proc/self/fd` by then, the
 * umask 0, and the capabilities those that requests are served with.
 *
 * What serve() throws is fatal, or a bug; the request is answered with EIO
 * before.
 *
 * @throws {StartError} where the root can't be looked at, or the working directory is another
 */
export function createFuseServer(parts: FuseParts): FuseServer {
  const { log, figures } = parts;
  const context = createContext(parts);
  const { request, reply, options, inodes } = context;
  const { words } = request.memory;

  /** Puts the reply's header and stores it all. Returns its size. */
  function finish(message: Message, size: number): number {
    message.store(reply.memory, reply.header(size, 0));
    return OUT_HEADER.size + size;
  }

  /** The same, of a request that has failed; nothing where there is no room for even that. */
  function fail(message: Message, error: number): number {
    // The kernel's limits are the program's, not the guest's.
    const told = error === -EMFILE ? -ENFILE : error;
    figures.fail(-told);
    if (message.writableSize < OUT_HEADER.size) return 0;
    reply.header(0, told);
    message.store(reply.memory, OUT_HEADER.size);
    return OUT_HEADER.size;
  }

  /** No more than a piece of a header has come. */
  function serveFragment(message: Message): number {
    words.fill(0, 0, IN_HEADER.size / 4);
    message.fetch(request.memory, message.readableSize);
    reply.answers(words[IN_HEADER.unique]!, words[IN_HEADER.unique + 1]!);
    return fail(message, -EINVAL);
  }

  function serve(message: Message): number {
    const { readableSize } = message;
    if (readableSize < IN_HEADER.size) return serveFragment(message);
    const fetched = Math.min(readableSize, FIRST_FETCH);
    message.fetch(request.memory, fetched);
    const length = words[IN_HEADER.len]!;
    const opcode = words[IN_HEADER.opcode]!;
    reply.answers(words[IN_HEADER.unique]!, words[IN_HEADER.unique + 1]!);
    const shape = opcode < OPCODE_LIMIT ? OPCODE_TABLE[opcode] : undefined;
    if (shape === undefined) return fail(message, -ENOSYS);
    figures.begin(opcode);
    const silent = shape.form === "none";
    if (length > readableSize) return silent ? 0 : fail(message, -EINVAL);
    if (length > fetched && opcode !== OPCODES.WRITE.number) {
      if (length > REQUEST_SIZE && !silent) return fail(message, -E2BIG);
      message.fetch(request.memory, Math.min(length, REQUEST_SIZE));
      // The guest has written to it meanwhile: nothing that was looked at before holds.
      if (
        words[IN_HEADER.len] !== length || words[IN_HEADER.opcode] !== opcode
      ) return silent ? 0 : fail(message, -EINVAL);
    }
    const size = silent ? Math.min(length, REQUEST_SIZE) : length;
    // Also where less than the fixed arguments has come.
    if (!request.begin(size, shape.in)) {
      return silent ? 0 : fail(message, -EINVAL);
    }
    if (!silent) {
      const room = message.writableSize - OUT_HEADER.size;
      // What can't be answered is not done.
      if (room < shape.room) return fail(message, -EINVAL);
      reply.room = Math.min(room, MAX_BODY);
      if (shape.writes && options.readOnly) return fail(message, -EROFS);
      if (shape.node) {
        const node = inodes.slotOf(request.nodeLow, request.nodeHigh);
        if (node === 0) return fail(message, -ESTALE);
        context.node = node;
      }
    }
    context.message = message;
    const result = TABLE[opcode]!(context);
    if (log.verbose) log.debug(describe(opcode, request, result));
    if (silent) return 0;
    if (result < 0) {
      // The guest would take it for all files of the mount: one file system of the host's may lack what another has.
      const lacks = result === -ENOSYS && (options.xattr || !shape.xattr);
      return fail(message, lacks ? -EOPNOTSUPP : result);
    }
    if (shape.form === "data") {
      figures.addRead(result);
      reply.header(result, 0);
      message.store(reply.memory, OUT_HEADER.size);
      return OUT_HEADER.size + result;
    }
    return finish(message, answer(shape.form, context, result));
  }

  return {
    serve(message) {
      try {
        return serve(message);
      } catch (error) {
        fail(message, -EIO);
        throw error;
      }
    },
    reset: () => context.drop(),
    held: () => ({
      descriptors: context.budget.used,
      inodes: context.inodes.count,
    }),
  };
}

function createContext(parts: FuseParts): Context {
  const { libc, root, identity, options, log, figures } = parts;
  const calls = passthroughCalls(libc);
  const budget = new Budget(parts.budget, log);
  const found = calls.stat(root, 0);
  if (failed(found)) {
    throw new StartError(
      `Cannot look at the root directory: ${errnoText(-found)}`,
    );
  }
  const inodes = new Inodes(calls.close, budget, root, calls.statBuffer.words);
  proveMagicLinks(calls, root, inodes);
  const openFiles = new OpenFiles(calls.close, budget);
  const session = newSession();
  return {
    request: new Request(libc),
    reply: new Reply(libc),
    calls,
    inodes,
    openFiles,
    lookup: new Lookup(calls, inodes, budget, session),
    directories: new DirectoryReader(libc, calls, openFiles),
    budget,
    caller: new Caller(identity, threadPrivileges(libc), session),
    session,
    options,
    figures,
    times: allocate(libc, 32),
    offsets: [allocate(libc, 8), allocate(libc, 8)],
    wantedFlags: wantedFlags(options),
    passedFlags: passedFlags(options),
    seconds: validSeconds(options.cache),
    message: NO_MESSAGE,
    node: ROOT,
    entry: ROOT as Entry,
    tellNoAcl: once(() =>
      log.error(
        "The guest can't mount the share: its kernel can't have ACLs as --posix-acl wants them (INIT: EPROTO); with --posix-acl=auto it can, and goes by mode bits",
      )
    ),
    drop() {
      inodes.reset();
      openFiles.reset();
      Object.assign(session, newSession());
    },
  };
}

/** That the name of a descriptor in the working directory leads to what is behind it. */
function proveMagicLinks(
  calls: PassthroughCalls,
  root: Fd,
  inodes: Inodes,
): void {
  const again = calls.openPathOf(root);
  const same = !failed(again) && calls.stat(again, 0) === 0 &&
    inodes.find(calls.statBuffer.words) === ROOT;
  if (!failed(again)) calls.close(again);
  if (!same) {
    throw new StartError(
      "Cannot open files by their descriptors: the working directory is no /proc/self/fd",
    );
  }
}

/** Does it the first time. */
function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

/** Before the first request. */
const NO_MESSAGE = undefined as unknown as Message;
