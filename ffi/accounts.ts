/**
 * User and group names, by the host's own name services.
 *
 * @module
 */
import type { Libc } from "./libc.ts";
import { cString } from "./memory.ts";
import type { START_SYMBOLS } from "./symbols/start.ts";

/**
 * `struct passwd` { char *name, *password; uid_t uid; … } and `struct group`
 * { char *name, *password; gid_t gid; … }: the id stands at the same place.
 */
const ID_OFFSET = 16;
/** `struct passwd`: gid_t gid follows. */
const PRIMARY_GID_OFFSET = 20;

/** The uid of a user; undefined where there is none of that name. */
export function userId(
  libc: Libc<typeof START_SYMBOLS>,
  name: string,
): number | undefined {
  return wordOf(libc, libc.symbols.getpwnam(cString(name)), ID_OFFSET);
}

/** The gid of a group; undefined where there is none of that name. */
export function groupId(
  libc: Libc<typeof START_SYMBOLS>,
  name: string,
): number | undefined {
  return wordOf(libc, libc.symbols.getgrnam(cString(name)), ID_OFFSET);
}

/** The ids of a user, given as a name or a number, and of its primary group; undefined where there is none. */
export function primaryIds(
  libc: Libc<typeof START_SYMBOLS>,
  user: string,
): { readonly uid: number; readonly gid: number } | undefined {
  const entry = /^\d+$/.test(user)
    ? libc.symbols.getpwuid(Number(user))
    : libc.symbols.getpwnam(cString(user));
  const uid = wordOf(libc, entry, ID_OFFSET);
  const gid = wordOf(libc, entry, PRIMARY_GID_OFFSET);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

function wordOf(
  libc: Libc<typeof START_SYMBOLS>,
  entry: Deno.PointerValue,
  offset: number,
): number | undefined {
  if (entry === null) return undefined;
  const head = new Uint32Array(new ArrayBuffer(offset + 4));
  libc.copyFrom(entry, head);
  return head[offset / 4];
}
