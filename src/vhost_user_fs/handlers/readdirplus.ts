import type { Handler } from "../handler.ts";
import { readEntries } from "../passthrough/directory_entries.ts";

/** READDIRPLUS: as READDIR, and each entry that has a node gives a reference to it. */
export const readdirplus: Handler<"bytes"> = (context) =>
  readEntries(context, true);
