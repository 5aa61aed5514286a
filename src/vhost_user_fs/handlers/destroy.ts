import type { Handler } from "../handler.ts";

/** DESTROY: nothing. The mount is gone. */
export const destroy: Handler<"status"> = (context) => {
  context.drop();
  return 0;
};
