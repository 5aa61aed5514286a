/**
 * Requests whose path has 4096 bytes or more: the wire carries 65,535, the
 * kernel takes no more than 4095. They come here when they have failed, so
 * that shorter ones pay nothing for it.
 *
 * The working directory is moved to where the last part of the path is a name,
 * the request is carried out with that name for its path, and the working
 * directory is moved back. That may be refused, and does no harm: it matters to
 * relative paths alone, which QEMU never sends. So every system call does its work, also those that
 * take no directory.
 *
 * @module
 */
import { ENAMETOOLONG } from "../../../ffi/errno.ts";
import { PATH_MAX, type WalkCalls } from "../../../ffi/walk.ts";
import { decodeRequest } from "../wire/encode.ts";
import {
  type FieldType,
  type RequestName,
  REQUESTS,
} from "../wire/protocol.ts";
import type { Context, Handler, LongPathServer } from "../handler.ts";
import { walk } from "./long_walk.ts";
import {
  type Done,
  type Errno,
  failed,
  failure,
  type Fd,
} from "../../../ffi/results.ts";

const SLASH = 0x2f;

type Fields = Readonly<Record<string, number | bigint | Uint8Array>>;

/** Those that act for an owner do so on the way, too. */
const FOR_AN_OWNER: readonly RequestName[] = [
  "CREATE",
  "MKNOD",
  "MKDIR",
  "SYMLINK",
];

/** Serves requests with long paths. */
export class LongPaths implements LongPathServer {
  readonly #calls: WalkCalls;
  readonly #handlers: readonly (Handler | undefined)[];

  /** @param handlers by request number */
  constructor(calls: WalkCalls, handlers: readonly (Handler | undefined)[]) {
    this.#calls = calls;
    this.#handlers = handlers;
  }

  /** Whether the way back was refused after a request, so that a relative path would begin elsewhere. */
  get away(): boolean {
    return this.#calls.away;
  }

  /**
   * Serves a request while {@linkcode away}. The way back is tried again; while
   * it is refused, a path that begins at the working directory gets that errno.
   */
  serveAway(type: number, context: Context): ReturnType<Handler> {
    const refused = this.#calls.goHome();
    return failed(refused) && isRelative(type, context.request.payload)
      ? refused
      : this.#handlers[type]!(context);
  }

  /**
   * Serves the request of `type` that `context.request` stands on and that has
   * failed with ENAMETOOLONG. Returns what its handler would.
   */
  serve(type: number, context: Context): ReturnType<Handler> {
    const refused = this.#calls.goHome();
    if (failed(refused)) return refused;
    const decoded = decodeRequest(type, context.request.payload);
    if (decoded === undefined) return failure(ENAMETOOLONG);
    const { name, fields } = decoded;
    if (name === "RENAME" || name === "LINK") {
      const from = pathOf(fields, "old"), to = pathOf(fields, "new");
      if (!isLong(from) && !isLong(to)) return failure(ENAMETOOLONG);
      return this.#serveTwo(name, from, to);
    }
    const path = pathOf(fields, "path");
    if (!isLong(path)) return failure(ENAMETOOLONG);
    try {
      const last = this.#walkAs(name, fields, path, context);
      if (typeof last === "number") return last;
      context.request.again(pathIndex(name), last);
      return this.#handlers[type]!(context);
    } finally {
      this.#calls.goHome();
    }
  }

  #walkAs(
    name: RequestName,
    fields: Fields,
    path: Uint8Array,
    { identity }: Context,
  ): Uint8Array | Errno {
    if (!FOR_AN_OWNER.includes(name)) return walk(this.#calls, path);
    const denied = identity.become(
      fields["uid"] as number,
      fields["gid"] as number,
    );
    if (failed(denied)) return denied;
    try {
      return walk(this.#calls, path);
    } finally {
      identity.restore();
    }
  }

  /** There is one working directory: the place of the first path is held by a descriptor. */
  #serveTwo(
    name: "RENAME" | "LINK",
    from: Uint8Array,
    to: Uint8Array,
  ): Done | Errno {
    const calls = this.#calls;
    let directory: Fd | undefined;
    try {
      const lastFrom = walk(calls, from);
      if (typeof lastFrom === "number") return lastFrom;
      const held = calls.hold();
      if (failed(held)) return held;
      directory = held;
      const refused = calls.goHome();
      if (failed(refused)) return refused;
      const lastTo = walk(calls, to);
      if (typeof lastTo === "number") return lastTo;
      return name === "RENAME"
        ? calls.rename(directory, lastFrom, lastTo)
        : calls.link(directory, lastFrom, lastTo);
    } finally {
      if (directory !== undefined) calls.close(directory);
      calls.goHome();
    }
  }
}

/** Which of a request's strings, in wire order, is its path. */
function pathIndex(name: RequestName): number {
  return Object.entries<FieldType>(REQUESTS[name].fields)
    .filter(([, type]) => type === "s" || type === "z")
    .findIndex(([field]) => field === "path");
}

/** What C sees of it. */
function pathOf(fields: Fields, field: string): Uint8Array {
  const bytes = fields[field] as Uint8Array;
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Whether a path of this request begins at the working directory. */
function isRelative(type: number, payload: Uint8Array): boolean {
  const fields: Fields = decodeRequest(type, payload)?.fields ?? {};
  return ["path", "old", "new"].some((name) =>
    fields[name] !== undefined && pathOf(fields, name)[0] !== SLASH
  );
}

function isLong(path: Uint8Array): boolean {
  return path.length >= PATH_MAX;
}
