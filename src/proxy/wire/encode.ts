/**
 * Encodes and decodes requests by the protocol's table. For the client, the
 * trace, requests with long paths, and tests: it allocates. Handlers read their
 * request with {@linkcode ./request_reader.ts}, which does not.
 *
 * @module
 */
import {
  type FieldType,
  HEADER_SIZE,
  REQUEST_NAMES,
  type RequestFields,
  type RequestName,
  REQUESTS,
} from "./protocol.ts";

const utf8 = new TextEncoder();

/** One request as bytes: header and payload. */
export function encodeRequest<N extends RequestName>(
  name: N,
  fields: RequestFields<N>,
): Uint8Array<ArrayBuffer> {
  const values = fields as Record<
    string,
    number | bigint | string | Uint8Array
  >;
  const parts = Object.entries<FieldType>(REQUESTS[name].fields).map((
    [field, type],
  ) => encodeField(type, values[field]!));
  return frame(REQUESTS[name].number, join(parts));
}

/** A header for any type and size, and a payload: for wrong requests, too. */
export function frame(
  type: number,
  payload: Uint8Array,
  size = payload.length,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_SIZE + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, size, true);
  bytes.set(payload, HEADER_SIZE);
  return bytes;
}

function encodeField(
  type: FieldType,
  value: number | bigint | string | Uint8Array,
): Uint8Array {
  switch (type) {
    case "d":
      return new Uint8Array(new Uint32Array([Number(value)]).buffer);
    case "q":
      return new Uint8Array(
        new BigUint64Array([BigInt.asUintN(64, BigInt(value as bigint))])
          .buffer,
      );
    case "s":
    case "z": {
      const text = typeof value === "string"
        ? utf8.encode(value)
        : value as Uint8Array;
      const length = text.length + (type === "z" ? 1 : 0);
      if (length > 0xffff) {
        throw new RangeError(
          `Cannot encode a string of ${length} bytes: at most 65535`,
        );
      }
      const bytes = new Uint8Array(2 + length);
      new DataView(bytes.buffer).setUint16(0, length, true);
      bytes.set(text, 2);
      return bytes;
    }
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A decoded request. */
export interface DecodedRequest {
  /** Which request it is. */
  readonly name: RequestName;
  /** Its fields in wire order; strings without the NUL at the end of `z`. */
  readonly fields: Readonly<Record<string, number | bigint | Uint8Array>>;
}

/** Decodes a payload; undefined if there is no such type, or a field runs past the end. */
export function decodeRequest(
  type: number,
  payload: Uint8Array,
): DecodedRequest | undefined {
  const name = REQUEST_NAMES.find((name) => REQUESTS[name].number === type);
  if (name === undefined) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const fields: Record<string, number | bigint | Uint8Array> = {};
  let at = 0;
  for (
    const [field, kind] of Object.entries<FieldType>(REQUESTS[name].fields)
  ) {
    const width = kind === "d" ? 4 : kind === "q" ? 8 : 2;
    if (at + width > payload.length) return undefined;
    if (kind === "d") fields[field] = view.getUint32(at, true);
    else if (kind === "q") fields[field] = view.getBigUint64(at, true);
    else {
      const length = view.getUint16(at, true);
      if (at + 2 + length > payload.length) return undefined;
      const text = payload.slice(at + 2, at + 2 + length);
      fields[field] = kind === "z" && text.at(-1) === 0
        ? text.subarray(0, -1)
        : text;
      at += length;
    }
    at += width;
  }
  return { name, fields };
}
