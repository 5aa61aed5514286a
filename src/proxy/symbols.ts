/**
 * All libc functions that the helper calls with this front end.
 *
 * @module
 */
import { FILE_SYMBOLS } from "../../ffi/symbols/files.ts";
import { WALKING_SYMBOLS } from "../../ffi/symbols/walking.ts";
import { SHARED_FAST, SHARED_SELDOM } from "../symbols.ts";

/** Called for requests: bound so that calls are fast, see {@linkcode ../../ffi/libc.ts}. */
export const PROXY_FAST = {
  ...SHARED_FAST,
  ...FILE_SYMBOLS,
} as const satisfies Deno.ForeignLibraryInterface;

/** Called at the start, or for long paths: bound so that the start is short. */
export const PROXY_SELDOM = {
  ...SHARED_SELDOM,
  ...WALKING_SYMBOLS,
} as const satisfies Deno.ForeignLibraryInterface;

/** Both together. */
export type ProxySymbols = typeof PROXY_FAST & typeof PROXY_SELDOM;
