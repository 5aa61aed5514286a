/**
 * The identity that files are created under: of the calling thread only.
 *
 * @module
 */
export const IDENTITY_SYMBOLS = {
  // int setfsuid(uid_t fsuid): returns the previous fsuid, never an error
  setfsuid: { parameters: ["u32"], result: "u32" },
  // int setfsgid(gid_t fsgid)
  setfsgid: { parameters: ["u32"], result: "u32" },
  // int capset(struct __user_cap_header_struct *, const struct __user_cap_data_struct [2])
  capset: { parameters: ["pointer", "pointer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
