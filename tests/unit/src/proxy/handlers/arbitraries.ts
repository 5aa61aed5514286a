/**
 * Random requests, made from the protocol's table.
 *
 * @module
 */
import fc from "fast-check";
import { encodeRequest } from "../../../../../src/proxy/wire/encode.ts";
import {
  type FieldType,
  HEADER_SIZE,
  type RequestFields,
  type RequestName,
  REQUESTS,
} from "../../../../../src/proxy/wire/protocol.ts";

/** A field's value as the wire has it: numbers unsigned, strings as bytes. */
export type FieldValue = number | bigint | Uint8Array<ArrayBuffer>;

/** The fields of any request. */
export type Fields = Readonly<Record<string, FieldValue>>;

/** Strings of a path's usual length, with NULs in any place; now and then a long one. */
const bytes = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.integer({ min: 41, max: 20_000 }),
      fc.integer({ min: 0, max: 255 }),
    ).map(([length, byte]) => new Uint8Array(length).fill(byte)),
  },
);

/** The edges of 32 bits, flags, modes and ids among them. */
const u32 = fc.oneof(
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);

const u64 = fc.oneof(
  fc.constantFrom(0n, 1n, 0xffffffffn, 1n << 32n, 1n << 63n, (1n << 64n) - 1n),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);

const FIELDS: Readonly<Record<FieldType, fc.Arbitrary<FieldValue>>> = {
  d: u32,
  q: u64,
  s: bytes,
  z: bytes,
};

/** Any fields for a request `name`. */
export function fieldsOf(name: RequestName): fc.Arbitrary<Fields> {
  return fc.record(
    Object.fromEntries(
      Object.entries<FieldType>(REQUESTS[name].fields).map((
        [field, type],
      ) => [field, FIELDS[type]]),
    ),
  );
}

/** The same, small enough to be cut at every single byte. */
export function shortFieldsOf(name: RequestName): fc.Arbitrary<Fields> {
  return fieldsOf(name).filter((fields) =>
    Object.values(fields).every((value) =>
      !(value instanceof Uint8Array) || value.length <= 40
    )
  );
}

/** {@linkcode Fields} as `encodeRequest` wants them; the table vouches for the shape. */
export function typed<N extends RequestName>(fields: Fields): RequestFields<N> {
  return fields as unknown as RequestFields<N>;
}

/** The payload of a request `name`. */
export function payloadOf(
  name: RequestName,
  fields: Fields,
): Uint8Array<ArrayBuffer> {
  return encodeRequest(name, typed(fields)).slice(HEADER_SIZE);
}
