import { type Handler, SILENT } from "../handler.ts";

const HIGH = 2 ** 32;
/** `struct fuse_forget_one`: u64 node, u64 count. */
const SIZE = 16, WORDS = 4;

/** BATCH_FORGET: u32 count, u32 nothing; u64 node, u64 count for each. As many as there are. */
export const batchForget: Handler<"none"> = ({ request, inodes }) => {
  const count = Math.min(request.u32(0), Math.floor(request.rest / SIZE));
  for (let i = 0, at = 2; i < count; i++, at += WORDS) {
    inodes.forget(
      request.u32(at),
      request.u32(at + 1),
      request.u32(at + 3) * HIGH + request.u32(at + 2),
    );
  }
  return SILENT;
};
