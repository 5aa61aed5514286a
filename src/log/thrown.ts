/**
 * What was thrown, in words.
 *
 * Without its stack: to format one the runtime looks for the source maps of
 * the modules in it, by name, on the thread that asks: in the jail these names
 * are the guest's.
 *
 * @module
 */

/** So many causes and members of an AggregateError are told. */
const DEPTH = 4;

/** Describes anything that can be thrown; throws nothing itself. */
export function describeThrown(thrown: unknown, depth = DEPTH): string {
  try {
    if (!(thrown instanceof Error)) return `not an error: ${String(thrown)}`;
    const { name, message, cause } = thrown;
    const inner = thrown instanceof AggregateError ? thrown.errors : [];
    const more = [...inner, ...cause === undefined ? [] : [cause]];
    const own = `${name}: ${message}`;
    return depth === 0 || more.length === 0
      ? own
      : `${own} (because of ${
        more.slice(0, DEPTH).map((error) => describeThrown(error, depth - 1))
          .join(", ")
      })`;
  } catch {
    return "something that can't be described";
  }
}
