/**
 * `struct sockaddr_un`, unix(7).
 *
 * @module
 */
import { AF_UNIX } from "./constants.ts";

/** Bytes of `sun_path`. */
const MAX_PATH = 108;

/**
 * The address of a path, or of an abstract name written `@name` as systemd and
 * ss(8) do.
 */
export function unixAddress(address: string): Uint8Array<ArrayBuffer> {
  return address.startsWith("@")
    ? encode(address, `\0${address.slice(1)}`)
    : pathAddress(address);
}

/** The address of a path, with its NUL: of any path, one that begins with @ too. */
export function pathAddress(path: string): Uint8Array<ArrayBuffer> {
  return encode(path, `${path}\0`);
}

function encode(address: string, content: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(content);
  if (name.length > MAX_PATH) {
    throw new RangeError(
      `Cannot use ${address} as a socket's address: too long`,
    );
  }
  const bytes = new Uint8Array(2 + name.length);
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(name, 2);
  return bytes;
}
