import { negotiate } from "../fuse/init.ts";
import { failed } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";

/** INIT: `struct fuse_init_in`. A new mount: what was known before is gone. */
export const init: Handler<"bytes"> = (context) => {
  context.drop();
  const needsAcl = context.options.posixAcl === "always";
  const result = negotiate(
    context.request,
    context.reply,
    context.session,
    context.wantedFlags,
    needsAcl,
  );
  if (needsAcl && failed(result)) context.tellNoAcl();
  return result;
};
