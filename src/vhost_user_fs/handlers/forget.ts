import { type Handler, SILENT } from "../handler.ts";

const HIGH = 2 ** 32;

/** FORGET: u64 count. Whatever it says, nothing comes back. */
export const forget: Handler<"none"> = ({ request, inodes }) => {
  inodes.forget(
    request.nodeLow,
    request.nodeHigh,
    request.u32(1) * HIGH + request.u32(0),
  );
  return SILENT;
};
