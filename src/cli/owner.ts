/**
 * Users and groups on the command line.
 *
 * @module
 */
import { UsageError } from "../errors.ts";

/**
 * Checks that `id` can be a number or a name: ids are below 2³² − 1, which
 * means none; what is not all digits is a name.
 *
 * @throws {UsageError}
 */
export function checkOwner(id: string | undefined): void {
  if (id === undefined) return;
  if (
    /^\d+$/.test(id) ? Number(id) < 0xffffffff : /^[^\s\d:+-][^\s:]*$/u.test(id)
  ) return;
  throw new UsageError(`Cannot use ${id} as an owner: not a number or a name`);
}
