/**
 * The real reader, writer and dispatcher over a `files` and an `identity` that
 * carry out nothing: they note what they are called with, and answer what the
 * test tells them to. With them a handler can be asked for things that no
 * kernel does on demand.
 *
 * @module
 */
import { ok } from "node:assert/strict";
import { S_IFREG } from "../../../../../ffi/constants.ts";
import { ENAMETOOLONG } from "../../../../../ffi/errno.ts";
import {
  type FileCalls,
  HANDLE,
  STATFS,
  STATX,
} from "../../../../../ffi/files.ts";
import { type Libc, openLibc } from "../../../../../ffi/libc.ts";
import { allocate, allocateString } from "../../../../../ffi/memory.ts";
import { failure } from "../../../../../ffi/results.ts";
import { MEMORY_SYMBOLS } from "../../../../../ffi/symbols/memory.ts";
import { dispatch } from "../../../../../src/proxy/dispatch.ts";
import type { Context } from "../../../../../src/proxy/handler.ts";
import {
  REPLY_SIZE,
  ReplyWriter,
  VALUE_OFFSET,
} from "../../../../../src/proxy/wire/reply_writer.ts";
import {
  RequestReader,
  SLOT_SIZE,
} from "../../../../../src/proxy/wire/request_reader.ts";

/** One call of a handler; strings as the kernel would see them. */
export type Call = readonly [name: string, ...args: unknown[]];

/** What the calls return: a number for each, 0 for those that are not named. */
export type Results = Readonly<Record<string, number | (() => number)>>;

/** A context that records. */
export interface FakeContext extends Disposable {
  readonly context: Context;
  /** What has been called since the last {@linkcode FakeContext.ask}. */
  readonly calls: readonly Call[];
  /** Memory that `stat`, `lstat`, `fstat`, `statfs` and `getversion` seem to have filled. */
  readonly files: Pick<
    FileCalls,
    "statBuffer" | "statfsBuffer" | "generationBuffer"
  >;
  /** Has the real dispatcher answer a request. Returns the bytes of the reply. */
  ask(type: number, payload: Uint8Array, results?: Results): Uint8Array;
}

/** A payload does not start at 0, so that a reader that thinks so is found out. */
const START = 24;

/** Makes a context; `hasGenerations` as for an export on ext4. */
export function fakeContext(hasGenerations = true): FakeContext {
  const libc = openLibc(MEMORY_SYMBOLS);
  const memory = new Uint8Array(START + 65536 + 4);
  const slot = () => allocateString(libc, SLOT_SIZE);
  const slots = [slot(), slot(), slot()] as const;
  const request = new RequestReader(memory, slots);
  const reply = newReply(libc);
  const times = allocate(libc, 32);
  const calls: Call[] = [];
  let results: Results = {};

  /** Its type is whatever the call is to return. */
  const note = <T extends number>(name: string, ...args: unknown[]): T => {
    calls.push([name, ...args]);
    const result = results[name] ?? 0;
    return (typeof result === "function" ? result() : result) as T;
  };
  const memoryOf = (pointer: Deno.PointerObject): Uint8Array => {
    const slot = slots.find((slot) => slot.pointer === pointer);
    ok(slot, "a pointer that no slot has");
    return slot.bytes;
  };
  /** As C reads it. */
  const text = (pointer: Deno.PointerObject): Uint8Array => {
    const bytes = memoryOf(pointer);
    const end = bytes.indexOf(0);
    ok(end >= 0, "a string without a NUL");
    return bytes.slice(0, end);
  };
  const intoReply = (pointer: Deno.PointerObject): void => {
    ok(pointer === reply.value, "a value for elsewhere than the reply");
  };
  const buffers = {
    statBuffer: allocate(libc, STATX.size),
    statfsBuffer: allocate(libc, STATFS.size),
    generationBuffer: allocate(libc, 8),
    handleBuffer: allocate(libc, HANDLE.size),
    mountBuffer: allocate(libc, 4),
    root: allocateString(libc, 4).pointer,
  };

  const files: FileCalls = {
    ...buffers,
    open: (path, flags, mode) => note("open", text(path), flags, mode),
    close: (fd) => void note("close", fd),
    setFlags: (fd, flags) => note("setFlags", fd, flags),
    lstat: (path) => note("lstat", text(path)),
    stat: (path) => note("stat", text(path)),
    fstat: (fd) => note("fstat", fd),
    statfs: (path) => note("statfs", text(path)),
    handle: (path, room) => note("handle", text(path), room),
    getversion: (fd) => note("getversion", fd),
    mkdir: (path, mode) => note("mkdir", text(path), mode),
    mknod: (path, mode, device) => note("mknod", text(path), mode, device),
    symlink: (target, path) => note("symlink", text(target), text(path)),
    link: (from, to) => note("link", text(from), text(to)),
    readlink: (path, into, capacity) => {
      intoReply(into);
      return note("readlink", text(path), capacity);
    },
    chmod: (path, mode) => note("chmod", text(path), mode),
    lchown: (path, uid, gid) => note("lchown", text(path), uid, gid),
    fwritable: (fd) => note("fwritable", fd),
    fchown: (fd, uid, gid) => note("fchown", fd, uid, gid),
    truncate: (path, length) => note("truncate", text(path), length),
    utimens: (path, pointer) => {
      ok(pointer === times.pointer, "times from elsewhere");
      return note("utimens", text(path), times.bytes.slice());
    },
    rename: (from, to) => note("rename", text(from), text(to)),
    remove: (path) => note("remove", text(path)),
    lgetxattr: (path, name, into, capacity) => {
      intoReply(into);
      return note("lgetxattr", text(path), text(name), capacity);
    },
    llistxattr: (path, into, capacity) => {
      intoReply(into);
      return note("llistxattr", text(path), capacity);
    },
    lsetxattr: (path, name, value, size, flags) => {
      const stored = memoryOf(value).slice(0, size);
      return note("lsetxattr", text(path), text(name), stored, flags);
    },
    lremovexattr: (path, name) => note("lremovexattr", text(path), text(name)),
  };

  const identity: Context["identity"] = {
    become: (uid, gid) => note("become", uid, gid),
    restore: () => void note("restore"),
  };
  const context = contextOf(
    { request, reply, files, identity, times },
    hasGenerations,
  );

  return {
    context,
    calls,
    files: buffers,
    ask(type, payload, answers = {}) {
      results = answers;
      calls.length = 0;
      // What an overrun would read has to differ from what belongs to the request.
      memory.fill(0xa5);
      for (const slot of slots) slot.bytes.fill(0x5a);
      memory.set(payload, START);
      request.reset(START, START + payload.length);
      dispatch(type, context);
      return reply.bytes.slice(0, reply.length);
    },
    [Symbol.dispose]: () => libc.close(),
  };
}

/** A context on which every name is a regular file. */
export function regularFiles(): FakeContext {
  const fake = fakeContext();
  fake.files.statBuffer.words[STATX.mode] = S_IFREG | 0o644;
  return fake;
}

/** What a handler is given in a helper without id mapping, but for what stands in `parts`. */
export function contextOf(
  parts: Pick<Context, "request" | "reply" | "files" | "identity" | "times">,
  hasGenerations: boolean,
): Context {
  return {
    ...parts,
    mappedIds: false,
    devices: true,
    devicesBarred: true,
    // Numbers stay as they are.
    inodeNumbers: {
      several: false,
      translate() {},
      generationMask: () => 0,
    },
    hasGenerations,
    handles: undefined,
    figures: { begin() {}, fail() {} },
    longPaths: {
      isOutsideRoot: false,
      serve: () => failure(ENAMETOOLONG),
      serveAway: () => failure(ENAMETOOLONG),
    },
  };
}

/** A reply writer over memory of its own. */
export function newReply(libc: Libc<typeof MEMORY_SYMBOLS>): ReplyWriter {
  const { bytes, words } = allocate(libc, REPLY_SIZE);
  return new ReplyWriter(
    bytes,
    words,
    libc.pointerTo(bytes.subarray(VALUE_OFFSET)),
  );
}
