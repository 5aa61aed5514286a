/**
 * The libc functions that every front end needs: to start, to build the jail,
 * to listen and to wait. A front end adds those of its requests.
 *
 * @module
 */
import { CONNECTION_SYMBOLS } from "../ffi/symbols/connections.ts";
import { DESCRIPTOR_SYMBOLS } from "../ffi/symbols/descriptors.ts";
import { IDENTITY_SYMBOLS } from "../ffi/symbols/identity.ts";
import { IO_SYMBOLS } from "../ffi/symbols/io.ts";
import { MEMORY_SYMBOLS } from "../ffi/symbols/memory.ts";
import { MOUNT_SYMBOLS } from "../ffi/symbols/mounts.ts";
import { PROCESS_SYMBOLS } from "../ffi/symbols/process.ts";
import { SOCKET_SYMBOLS } from "../ffi/symbols/sockets.ts";
import { START_SYMBOLS } from "../ffi/symbols/start.ts";
import { STATUS_SYMBOLS } from "../ffi/symbols/status.ts";
import { WAITING_SYMBOLS } from "../ffi/symbols/waiting.ts";

/** Called for every request, or while it is waited for: bound as fast calls. */
export const SHARED_FAST = {
  ...MEMORY_SYMBOLS,
  ...DESCRIPTOR_SYMBOLS,
  ...CONNECTION_SYMBOLS,
  ...IDENTITY_SYMBOLS,
  ...STATUS_SYMBOLS,
  ...WAITING_SYMBOLS,
} as const satisfies Deno.ForeignLibraryInterface;

/** No request waits for these: bound so that the start is short, see {@linkcode ../ffi/libc.ts}. */
export const SHARED_SELDOM = {
  ...IO_SYMBOLS,
  ...SOCKET_SYMBOLS,
  ...MOUNT_SYMBOLS,
  ...PROCESS_SYMBOLS,
  ...START_SYMBOLS,
} as const satisfies Deno.ForeignLibraryInterface;

/** All of them. */
export type SharedSymbols = typeof SHARED_FAST & typeof SHARED_SELDOM;
