/**
 * Serves requests with paths of 4096 to 65,535 bytes: the protocol permits them,
 * the kernel takes at most 4095 bytes (PATH_MAX). They are served here after
 * their handler has failed with ENAMETOOLONG, so that shorter paths cost nothing.
 *
 * The working directory is changed to the directory of the file, the handler is
 * called with the last component of the path instead of the path, and the working
 * directory is changed back. If that last step fails, only relative paths are
 * affected, which QEMU does not send; see {@linkcode LongPaths.serveAway}.
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

/** Requests that make a file for an owner: the path is walked as that owner, too. */
const OWNED: readonly RequestName[] = ["CREATE", "MKNOD", "MKDIR", "SYMLINK"];

/** Serves requests with long paths. */
export class LongPaths implements LongPathServer {
  readonly #calls: WalkCalls;
  readonly #handlers: readonly (Handler | undefined)[];

  /** @param handlers by request number */
  constructor(calls: WalkCalls, handlers: readonly (Handler | undefined)[]) {
    this.#calls = calls;
    this.#handlers = handlers;
  }

  /** Whether the working directory could not be changed back to the root directory. */
  get isOutsideRoot(): boolean {
    return this.#calls.isOutsideRoot;
  }

  /**
   * Serves a request while {@linkcode isOutsideRoot}: first tries again to change back. If
   * that fails, a request with a relative path fails with that errno.
   */
  serveAway(type: number, context: Context): ReturnType<Handler> {
    const refused = this.#calls.enterRoot();
    return failed(refused) && isRelative(type, context.request.payload)
      ? refused
      : this.#handlers[type]!(context);
  }

  /** Serves the current request, whose handler has returned ENAMETOOLONG, and returns what that would. */
  serve(type: number, context: Context): ReturnType<Handler> {
    const refused = this.#calls.enterRoot();
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
      this.#calls.enterRoot();
    }
  }

  #walkAs(
    name: RequestName,
    fields: Fields,
    path: Uint8Array,
    { identity }: Context,
  ): Uint8Array | Errno {
    if (!OWNED.includes(name)) return walk(this.#calls, path);
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

  /** As there is one working directory, that of the first path is kept as a descriptor. */
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
      const refused = calls.enterRoot();
      if (failed(refused)) return refused;
      const lastTo = walk(calls, to);
      if (typeof lastTo === "number") return lastTo;
      return name === "RENAME"
        ? calls.rename(directory, lastFrom, lastTo)
        : calls.link(directory, lastFrom, lastTo);
    } finally {
      if (directory !== undefined) calls.close(directory);
      calls.enterRoot();
    }
  }
}

/** The index of the path among the strings of a request. */
function pathIndex(name: RequestName): number {
  return Object.entries<FieldType>(REQUESTS[name].fields)
    .filter(([, type]) => type === "s" || type === "z")
    .findIndex(([field]) => field === "path");
}

/** A path up to its first NUL, as C and the kernel see it. */
function pathOf(fields: Fields, field: string): Uint8Array {
  const bytes = fields[field] as Uint8Array;
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Whether a request has a relative path. */
function isRelative(type: number, payload: Uint8Array): boolean {
  const fields: Fields = decodeRequest(type, payload)?.fields ?? {};
  return ["path", "old", "new"].some((name) =>
    fields[name] !== undefined && pathOf(fields, name)[0] !== SLASH
  );
}

function isLong(path: Uint8Array): boolean {
  return path.length >= PATH_MAX;
}
