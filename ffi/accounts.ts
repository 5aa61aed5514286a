/**
 * User and group names, by the host's own name services.
 *
 * @module
 */
import type { Libc } from "./libc.ts";
import { cString } from "./memory.ts";
import type { SYMBOLS } from "./symbols.ts";

/**
 * `struct passwd` { char *name, *password; uid_t uid; … } and `struct group`
 * { char *name, *password; gid_t gid; … }: the id stands at the same place.
 */
const ID_OFFSET = 16;

/** The uid of a user; undefined where there is none of that name. */
export function userId(
  libc: Libc<typeof SYMBOLS>,
  name: string,
): number | undefined {
  return idOf(libc, libc.symbols.getpwnam(cString(name)));
}

/** The gid of a group; undefined where there is none of that name. */
export function groupId(
  libc: Libc<typeof SYMBOLS>,
  name: string,
): number | undefined {
  return idOf(libc, libc.symbols.getgrnam(cString(name)));
}

function idOf(
  libc: Libc<typeof SYMBOLS>,
  entry: Deno.PointerValue,
): number | undefined {
  if (entry === null) return undefined;
  const head = new Uint32Array(new ArrayBuffer(ID_OFFSET + 4));
  libc.symbols.copy_from(head, entry, BigInt(head.byteLength));
  return head[ID_OFFSET / 4];
}
