/**
 * Resolves `--map-root USER` to a mapping of ids.
 *
 * @module
 */
import { primaryIds } from "../../ffi/accounts.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { START_SYMBOLS } from "../../ffi/symbols/start.ts";
import type { IdMapping, IdMappingOption, IdRange } from "./id_mapping.ts";
import { StartError } from "../errors.ts";

/**
 * The mapping that an option asks for.
 *
 * @throws {StartError} for a user who does not exist, or is root
 */
export function resolveMapping(
  libc: Libc<typeof START_SYMBOLS>,
  option: IdMappingOption,
): IdMapping {
  return option.kind === "ranges"
    ? option
    : rootMapping(option, primaryIds(libc, option.user));
}

/**
 * The mapping of the guest's root, and of no other id, to the user, who has `ids`.
 *
 * @throws {StartError} if there are none, or root's among them
 */
export function rootMapping(
  { user, instead: [uids, gids] }: IdMappingOption & { readonly kind: "root" },
  ids: { readonly uid: number; readonly gid: number } | undefined,
): IdMapping {
  const refuse = (why: string) =>
    new StartError(`Cannot map the guest's root to ${user}: ${why}`);
  if (ids === undefined) {
    throw refuse(
      /^\d+$/.test(user)
        ? `there is no such user, whose group would be used; use ${uids} 0:${user}:1 ${gids} 0:GID:1`
        : "there is no such user",
    );
  }
  if (ids.uid === 0) throw refuse("that is the host's root; name another user");
  if (ids.gid === 0) throw refuse("its group is that of the host's root");
  const only = (host: number): IdRange[] => [{ guest: 0, host, count: 1 }];
  return { uids: only(ids.uid), gids: only(ids.gid) };
}
