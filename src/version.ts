/** The version of both programs: that of deno.json, by `deno task generate`. */
export const VERSION = "0.2.0";
