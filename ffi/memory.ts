/**
 * Memory that the kernel reads and writes: buffers with a fixed address.
 *
 * @module
 */
import type { Libc } from "./libc.ts";

/**
 * Bytes that never move, the same as 32-bit words, and their address for C.
 * Keep the whole of it: the pointer alone does not keep the bytes alive.
 */
export interface Fixed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly pointer: Deno.PointerObject;
}

/**
 * Allocates `size` zeroed bytes, rounded up to whole words.
 *
 * An explicit ArrayBuffer, as V8 keeps short typed arrays inside of its own
 * heap, where the garbage collector moves them.
 */
export function allocate(
  libc: Pick<Libc<Deno.ForeignLibraryInterface>, "pointerTo">,
  size: number,
): Fixed {
  const buffer = new ArrayBuffer(Math.ceil(size / 4) * 4);
  const bytes = new Uint8Array(buffer);
  return {
    bytes,
    words: new Uint32Array(buffer),
    pointer: libc.pointerTo(bytes),
  };
}

/** The address of a NUL-ended string, in memory that outlives the call. */
export type CString = Deno.PointerObject<"string">;

/** Memory for a string, and its address for C. */
export interface StringSlot {
  readonly bytes: Uint8Array;
  readonly pointer: CString;
}

/** Allocates `size` bytes for a string and its NUL. */
export function allocateString(
  libc: Pick<Libc<Deno.ForeignLibraryInterface>, "pointerTo">,
  size: number,
): StringSlot {
  const { bytes, pointer } = allocate(libc, size);
  return { bytes, pointer: pointer as CString };
}

/** `text` as a NUL-ended C string. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}
