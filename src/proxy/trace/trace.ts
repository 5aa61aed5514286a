/**
 * Writes a request and its result as strace(1) would.
 *
 * @module
 */
import { errnoName } from "../../../ffi/errno.ts";
import { quoteBytes } from "../../log/quote.ts";
import { type DecodedRequest, decodeRequest } from "../wire/encode.ts";
import { REQUESTS } from "../wire/protocol.ts";
import { openFlags } from "./flags.ts";

/**
 * The line for a request of `type` whose handler has returned `result`. The value
 * of an xattr is not shown, only its length.
 */
export function traceLine(
  type: number,
  payload: Uint8Array,
  result: number,
): string {
  const request = decodeRequest(type, payload);
  if (request === undefined) {
    return `request ${type} of ${payload.length} bytes = ${returned(result)}`;
  }
  const args = Object.entries(request.fields).map(([field, value]) =>
    argument(request, field, value)
  );
  return `${request.name}(${args.join(", ")}) = ${answer(request, result)}`;
}

function argument(
  { name }: DecodedRequest,
  field: string,
  value: number | bigint | Uint8Array,
): string {
  if (value instanceof Uint8Array) {
    return field === "value" ? `${value.length} bytes` : quoteBytes(cut(value));
  }
  switch (field) {
    case "mode":
      return `0${value.toString(8)}`;
    case "uid":
    case "gid":
      return `${field}=${Number(value) | 0}`;
    case "flags":
      return name === "LSETXATTR" ? String(value) : openFlags(Number(value));
    case "rdev":
      return `rdev=0x${value.toString(16)}`;
    default:
      return typeof value === "bigint"
        ? String(BigInt.asIntN(64, value))
        : String(value | 0);
  }
}

/** A string up to its first NUL, as the kernel sees it. */
function cut(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function answer({ name }: DecodedRequest, result: number): string {
  if (result < 0) return returned(result);
  return REQUESTS[name].reply === "data" ? `${result} bytes` : String(result);
}

function returned(result: number): string {
  return result < 0 ? `-1 ${errnoName(-result)}` : String(result);
}
