import { negotiate } from "../fuse/init.ts";
import type { Handler } from "../handler.ts";

/** INIT: `struct fuse_init_in`. A new mount: what was known before is gone. */
export const init: Handler<"bytes"> = (context) => {
  context.drop();
  return negotiate(
    context.request,
    context.reply,
    context.session,
    context.wantedFlags,
  );
};
