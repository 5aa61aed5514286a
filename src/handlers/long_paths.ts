/**
 * Requests whose path has 4096 bytes or more: the wire carries 65,535, the
 * kernel takes no more than 4095. They come here when they have failed, so
 * that shorter ones pay nothing for it.
 *
 * The working directory is moved to where the last part of the path is a name,
 * the request is carried out with that name for its path, and the working
 * directory is moved back. So every system call does its work, also those that
 * take no directory.
 *
 * @module
 */
import { ENAMETOOLONG } from "../../ffi/errno.ts";
import { PATH_MAX, type WalkCalls } from "../../ffi/walk.ts";
import { decodeRequest, encodeRequest } from "../wire/encode.ts";
import {
  HEADER_SIZE,
  MAX_PAYLOAD,
  type RequestFields,
  type RequestName,
} from "../wire/protocol.ts";
import { RequestReader, type StringSlot } from "../wire/request_reader.ts";
import type { Context } from "./handler.ts";
import { goHome, walk } from "./long_walk.ts";
import { TABLE } from "./table.ts";

type Fields = Readonly<Record<string, number | bigint | Uint8Array>>;

/** Those that act for an owner do so on the way, too. */
const FOR_AN_OWNER: readonly RequestName[] = [
  "CREATE",
  "MKNOD",
  "MKDIR",
  "SYMLINK",
];

/** Serves requests with long paths. */
export class LongPaths {
  readonly #calls: WalkCalls;
  readonly #bytes = new Uint8Array(MAX_PAYLOAD);
  readonly #request: RequestReader;

  /** @param slots those of the ordinary reader, which has no use for them meanwhile */
  constructor(
    calls: WalkCalls,
    slots: readonly [StringSlot, StringSlot, StringSlot],
  ) {
    this.#calls = calls;
    this.#request = new RequestReader(this.#bytes, slots);
  }

  /**
   * Serves the request of `type` that `context.request` stands on and that has
   * failed with ENAMETOOLONG. Returns what its handler would.
   *
   * @throws {FatalError} where the working directory can't be moved back
   */
  serve(type: number, context: Context): number {
    const decoded = decodeRequest(type, context.request.payload);
    if (decoded === undefined) return -ENAMETOOLONG;
    const { name, fields } = decoded;
    if (name === "RENAME" || name === "LINK") {
      const from = pathOf(fields, "old"), to = pathOf(fields, "new");
      if (!isLong(from) && !isLong(to)) return -ENAMETOOLONG;
      return this.#serveTwo(name, from, to);
    }
    const path = pathOf(fields, "path");
    if (!isLong(path)) return -ENAMETOOLONG;
    try {
      const last = this.#walkAs(name, fields, path, context);
      if (typeof last === "number") return last;
      const request = this.#read(name, { ...fields, path: last });
      return TABLE[type]!({ ...context, request });
    } finally {
      goHome(this.#calls);
    }
  }

  #walkAs(
    name: RequestName,
    fields: Fields,
    path: Uint8Array,
    { identity }: Context,
  ): Uint8Array | number {
    if (!FOR_AN_OWNER.includes(name)) return walk(this.#calls, path);
    const denied = identity.become(
      fields["uid"] as number,
      fields["gid"] as number,
    );
    if (denied < 0) return denied;
    try {
      return walk(this.#calls, path);
    } finally {
      identity.restore();
    }
  }

  #read(name: RequestName, fields: Fields): RequestReader {
    const frame = encodeRequest(
      name,
      fields as RequestFields<RequestName>,
    );
    this.#bytes.set(frame.subarray(HEADER_SIZE));
    this.#request.reset(0, frame.length - HEADER_SIZE);
    return this.#request;
  }

  /** There is one working directory: the place of the first path is held by a descriptor. */
  #serveTwo(name: "RENAME" | "LINK", from: Uint8Array, to: Uint8Array): number {
    const calls = this.#calls;
    let directory = -1;
    try {
      const lastFrom = walk(calls, from);
      if (typeof lastFrom === "number") return lastFrom;
      directory = calls.hold();
      if (directory < 0) return directory;
      goHome(calls);
      const lastTo = walk(calls, to);
      if (typeof lastTo === "number") return lastTo;
      return name === "RENAME"
        ? calls.rename(directory, lastFrom, lastTo)
        : calls.link(directory, lastFrom, lastTo);
    } finally {
      if (directory >= 0) calls.close(directory);
      goHome(calls);
    }
  }
}

/** What C sees of it. */
function pathOf(fields: Fields, field: string): Uint8Array {
  const bytes = fields[field] as Uint8Array;
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function isLong(path: Uint8Array): boolean {
  return path.length >= PATH_MAX;
}
