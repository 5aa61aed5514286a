/**
 * Every libc function that the helper of the proxy protocol calls.
 *
 * @module
 */
import { FILE_SYMBOLS } from "../../ffi/symbols/files.ts";
import { WALKING_SYMBOLS } from "../../ffi/symbols/walking.ts";
import { SHARED_FAST, SHARED_SELDOM } from "../symbols.ts";

/** Called for requests. */
export const PROXY_FAST = {
  ...SHARED_FAST,
  ...FILE_SYMBOLS,
} as const satisfies Deno.ForeignLibraryInterface;

/** Called for nothing that a request usually waits for. */
export const PROXY_SELDOM = {
  ...SHARED_SELDOM,
  ...WALKING_SYMBOLS,
} as const satisfies Deno.ForeignLibraryInterface;

/** All of them. */
export type ProxySymbols = typeof PROXY_FAST & typeof PROXY_SELDOM;
