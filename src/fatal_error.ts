/** The helper is not what it has to be any more: it must answer nothing after this request. */
export class FatalError extends Error {
  override name = "FatalError";
}

/** Whether `thrown`, which may be anything, is one: to look at a revoked proxy throws. */
export function isFatal(thrown: unknown): boolean {
  try {
    return thrown instanceof FatalError;
  } catch {
    return false;
  }
}
