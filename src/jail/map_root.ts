/**
 * Finds out who a guest's root is to be.
 *
 * @module
 */
import { primaryIds } from "../../ffi/accounts.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { START_SYMBOLS } from "../../ffi/symbols/start.ts";
import type { IdMapping, IdMappingOption, IdRange } from "./id_mapping.ts";
import { StartError } from "../errors.ts";

/**
 * The ranges of a wish.
 *
 * @throws {StartError} for a user who is not there, or is root
 */
export function resolveMapping(
  libc: Libc<typeof START_SYMBOLS>,
  wish: IdMappingOption,
): IdMapping {
  return wish.kind === "ranges"
    ? wish
    : rootMapping(wish.user, primaryIds(libc, wish.user));
}

/**
 * The guest's root, and nobody else, is `user` with these ids.
 *
 * @throws {StartError} where these are none, or root's
 */
export function rootMapping(
  user: string,
  ids: { readonly uid: number; readonly gid: number } | undefined,
): IdMapping {
  const refuse = (why: string) =>
    new StartError(`Cannot map the guest's root to ${user}: ${why}`);
  if (ids === undefined) {
    throw refuse(
      /^\d+$/.test(user)
        ? `there is no such user, whose group would be used; use --uid-map 0:${user}:1 --gid-map 0:GID:1`
        : "there is no such user",
    );
  }
  if (ids.uid === 0) throw refuse("that is the host's root");
  if (ids.gid === 0) throw refuse("its group is that of the host's root");
  const only = (host: number): IdRange[] => [{ guest: 0, host, count: 1 }];
  return { uids: only(ids.uid), gids: only(ids.gid) };
}
