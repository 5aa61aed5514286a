/**
 * One request of a sequence, and how it is shown to a person.
 *
 * @module
 */
import { frame } from "../../src/proxy/wire/encode.ts";
import { type RequestName, REQUESTS } from "../../src/proxy/wire/protocol.ts";
import {
  type Fields,
  payloadOf as wholePayload,
} from "../unit/src/proxy/handlers/arbitraries.ts";

/** What has been done to a request's payload before it is sent. */
export type Damage =
  | { readonly kind: "none" }
  /** Only so many bytes are sent. */
  | { readonly kind: "cut"; readonly size: number }
  /** So many zeros follow. */
  | { readonly kind: "longer"; readonly by: number };

/** One request. */
export interface Step {
  readonly name: RequestName;
  readonly fields: Fields;
  readonly damage: Damage;
}

/** The payload that is sent for `step`. */
export function payloadOf({ name, fields, damage }: Step): Uint8Array {
  const payload = wholePayload(name, fields);
  switch (damage.kind) {
    case "none":
      return payload;
    case "cut":
      return payload.subarray(0, damage.size);
    case "longer": {
      const longer = new Uint8Array(payload.length + damage.by);
      longer.set(payload);
      return longer;
    }
  }
}

/** The whole frame of `step`. */
export function frameOf(step: Step): Uint8Array<ArrayBuffer> {
  return frame(REQUESTS[step.name].number, payloadOf(step));
}

/** A number of the step's fields. */
export function numberOf(step: Step, field: string): number {
  const value = step.fields[field];
  return typeof value === "number" ? value : 0;
}

/** Flags and modes are read in octal. */
const OCTAL = ["flags", "mode"];

/** `MKDIR uid=0 gid=0 path="/a" mode=0o755`. */
export function describe(step: Step): string {
  const fields = Object.entries(step.fields).map(([field, value]) => {
    if (value instanceof Uint8Array) return `${field}=${quote(value)}`;
    return OCTAL.includes(field) && step.name !== "LSETXATTR"
      ? `${field}=0o${value.toString(8)}`
      : `${field}=${value}`;
  });
  const { damage } = step;
  if (damage.kind === "cut") fields.push(`cut to ${damage.size} bytes`);
  if (damage.kind === "longer") fields.push(`${damage.by} bytes too long`);
  return `${step.name} ${fields.join(" ")}`;
}

/** Bytes as a string that a person can read; long ones are cut. */
export function quote(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, 100)].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`
  ).join("");
  return bytes.length <= 100
    ? `"${shown}"`
    : `"${shown}…" (${bytes.length} bytes)`;
}
