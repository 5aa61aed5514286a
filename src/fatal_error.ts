/** The helper is not what it has to be any more: it must answer nothing after this request. */
export class FatalError extends Error {
  override name = "FatalError";
}
