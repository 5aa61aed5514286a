/**
 * The ways to end, told apart by who has to act on them. Messages are for
 * people: what was attempted, on what, why it failed, what to do.
 *
 * @module
 */

/** The command line is wrong. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The program can't serve here: what was given can't be used, or the jail can't be had. */
export class StartError extends Error {
  override name = "StartError";
}

/** The program is not what it has to be any more: it answers nothing after this request. */
export class FatalError extends Error {
  override name = "FatalError";
}

/** Whether `thrown`, which may be anything, is a {@linkcode FatalError}: to look at a revoked proxy throws. */
export function isFatal(thrown: unknown): boolean {
  try {
    return thrown instanceof FatalError;
  } catch {
    return false;
  }
}
