import type { Handler } from "../handler.ts";
import { openRegular } from "../passthrough/opening.ts";

/** OPEN: u32 flags, u32 FUSE's own flags. */
export const open: Handler<"open"> = (context) =>
  openRegular(
    context,
    context.node,
    context.request.u32(0),
    context.request.u32(1),
  );
