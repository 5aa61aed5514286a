import type { Handler } from "../handler.ts";
import { readEntries } from "../passthrough/directory_entries.ts";

/** READDIR: as READ; the offset is the cookie of the entry before. */
export const readdir: Handler<"bytes"> = (context) =>
  readEntries(context, false);
