/**
 * What QEMU's client survives: it aborts on a short reply, overflows its heap
 * on a long one, and takes a stray word for a descriptor of its own.
 *
 * @module
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { decodeRequest } from "../../../../../src/proxy/wire/encode.ts";
import {
  type RequestName,
  REQUESTS,
} from "../../../../../src/proxy/wire/protocol.ts";

const SUCCESS = 0, ERROR = 1;
const ENOBUFS = 105;

/** A reply as it comes from the socket. */
export interface Received {
  /** Header and payload, or the bare word. */
  readonly bytes: Uint8Array;
  /** How many descriptors came with it. */
  readonly descriptors: number;
}

/** Asserts that QEMU survives `reply` to the request `name` with `payload`. */
export function assertSurvivable(
  name: RequestName,
  payload: Uint8Array,
  { bytes, descriptors }: Received,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (REQUESTS[name].reply === "descriptor") {
    equal(bytes.length, 4, "a word and no header");
    const word = view.getInt32(0, true);
    if (word >= 0) equal(word, 0x7fffffff, "no descriptor of QEMU's own");
    else assertErrno(word);
    equal(descriptors, word < 0 ? 0 : 1);
    return;
  }
  equal(descriptors, 0, "no descriptor that was not asked for");
  const type = view.getUint32(0, true);
  const size = view.getUint32(4, true);
  equal(bytes.length, 8 + size, "the size in the header is the size sent");
  ok(type === SUCCESS || type === ERROR);
  if (type === ERROR) {
    equal(size, 4);
    assertErrno(view.getInt32(8, true));
    return;
  }
  const asked = decodeRequest(REQUESTS[name].number, payload);
  ok(asked, "only a request that can be read succeeds");
  assertSuccess(name, Number(asked.fields["size"] ?? 0), view, size);
}

/** A reply that says `errno`, in the form of `name`'s replies. */
export function failureOf(name: RequestName, errno: number): number[] {
  const word = [-errno & 0xff, 0xff, 0xff, 0xff];
  return REQUESTS[name].reply === "descriptor"
    ? word
    : [ERROR, 0, 0, 0, 4, 0, 0, 0, ...word];
}

/** Asserts that `reply` says ENOBUFS. */
export function assertRefused(name: RequestName, bytes: Uint8Array): void {
  deepEqual([...bytes], failureOf(name, ENOBUFS));
}

function assertErrno(word: number): void {
  ok(word < 0 && word > -4096, `an errno, not ${word}`);
  ok(word !== -4, "EINTR makes QEMU ask for ever");
}

function assertSuccess(
  name: RequestName,
  asked: number,
  view: DataView,
  size: number,
): void {
  switch (name) {
    case "LSTAT":
      return equal(size, 116);
    case "STATFS":
      equal(size, 88);
      return ok(view.getBigUint64(16, true) !== 0n, "QEMU divides by f_bsize");
    case "GETVERSION":
      equal(size, 8);
      return equal(view.getUint32(12, true), 0, "a generation has 32 bits");
    case "READLINK": {
      const length = view.getUint16(8, true);
      equal(size, 2 + length);
      ok(length > 0, "an empty link crashes it");
      return ok(length <= 4095 && length < asked, `${length} of ${asked}`);
    }
    case "LGETXATTR":
    case "LLISTXATTR": {
      if (asked === 0) {
        equal(size, 4);
        return ok(view.getInt32(8, true) >= 0);
      }
      const length = view.getUint16(8, true);
      equal(size, 2 + length);
      return ok(length <= asked, `${length} of ${asked}`);
    }
    default:
      equal(size, 4);
      return equal(view.getInt32(8, true), 0);
  }
}
