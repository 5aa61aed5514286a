/**
 * Describes what was thrown, in one line and without a stack: to format a stack
 * the runtime opens the source map of each module in it, by name, and in the jail
 * that is a name in the export.
 *
 * @module
 */

/** How deep causes are described, and how many members of an AggregateError. */
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
