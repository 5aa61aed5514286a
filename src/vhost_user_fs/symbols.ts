/**
 * Every libc function that the helper of vhost-user-fs calls.
 *
 * @module
 */
import {
  GUEST_MEMORY_SYMBOLS,
  GUEST_SETUP_SYMBOLS,
} from "../../ffi/symbols/guest_memory.ts";
import { PASSTHROUGH_SYMBOLS } from "../../ffi/symbols/passthrough.ts";
import { SHARED_FAST, SHARED_SELDOM } from "../symbols.ts";

/** Called for requests. */
export const VHOST_USER_FS_FAST = {
  ...SHARED_FAST,
  ...GUEST_MEMORY_SYMBOLS,
  ...PASSTHROUGH_SYMBOLS,
} as const satisfies Deno.ForeignLibraryInterface;

/** Called for nothing that a request usually waits for. */
export const VHOST_USER_FS_SELDOM = {
  ...SHARED_SELDOM,
  ...GUEST_SETUP_SYMBOLS,
} as const satisfies Deno.ForeignLibraryInterface;
