/**
 * Extended attributes that a guest may not set, whatever the protocol.
 *
 * @module
 */
import { type Host, HostError } from "./host.ts";

/** Text as an attribute's value. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** `struct vfs_cap_data`, version 2: file capabilities, in two words of permitted ones and two of inheritable ones. */
export function fileCapabilities(
  permitted: number,
  effective = false,
): Uint8Array<ArrayBuffer> {
  const magic = effective ? 0x02000001 : 0x02000000;
  return new Uint8Array(
    new Uint32Array([magic, permitted, 0, effective ? 0xff : 0, 0]).buffer,
  );
}

/** What nobody but the host's root may set, and what else must not pass as an attribute of the guest's. */
export const FORBIDDEN: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "trusted.mark": bytes("x"),
  "trusted.overlay.opaque": bytes("y"),
  "trusted.overlay.redirect": bytes("/../../etc"),
  "trusted.overlay.metacopy": bytes(""),
  "trusted.SGI_ACL_FILE": bytes("x"),
  "security.capability": fileCapabilities(0xffffffff, true),
  "security.ima": bytes("\x01x"),
  "security.evm": bytes("\x02x"),
  "security.SMACK64": bytes("_"),
  "security.apparmor": bytes("x"),
  "security.anything": bytes("x"),
  "system.posix_acl_anything": bytes("x"),
  "system.richacl": bytes("x"),
  "system.sockprotoname": bytes("x"),
  "system.anything": bytes("x"),
  "mark": bytes("x"),
  "": bytes("x"),
  ".": bytes("x"),
  "user": bytes("x"),
  "user.": bytes("x"),
  "USER.mark": bytes("x"),
  "trusted": bytes("x"),
};

/** What of `names` the host, which sees all of them, finds on a file. */
export function found(
  host: Host,
  path: string,
  names: readonly string[],
): string[] {
  return names.filter((name) => {
    try {
      return host.xattr(path, name) !== undefined;
    } catch (error) {
      // The file system has no such namespace, or the value is invalid.
      if (error instanceof HostError) return false;
      throw error;
    }
  });
}
