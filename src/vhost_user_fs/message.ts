/**
 * What stands between the device, which knows queues, and the file system,
 * which knows FUSE.
 *
 * @module
 */
import type { Fixed } from "../../ffi/memory.ts";
import type { Wide } from "../../ffi/passthrough_io.ts";
import type { Held } from "../metrics/figures.ts";

/**
 * One request from a queue: a stream of bytes to read and one to write, both in
 * the guest's memory. The same object is used for all requests. No method
 * throws, nor goes beyond what the guest has given, whatever it is called with.
 */
export interface Message {
  /** Bytes of the readable part, all descriptors together; fewer than 2^32. */
  readonly readableSize: number;
  /** The same of the writable part. */
  readonly writableSize: number;
  /**
   * Copies bytes [0, size) of the readable part into private memory at `into`;
   * `size` is at most {@linkcode readableSize} and the length of `into`. Once:
   * what is looked at there does not change afterwards.
   */
  fetch(into: Fixed, size: number): void;
  /**
   * Makes an array of `struct iovec` over bytes [offset, offset + size) of the
   * readable part, at {@linkcode vector}; what is adjacent is one element.
   * Returns the number of elements. It is at most 1024, the kernel's IOV_MAX:
   * where that doesn't reach, the array covers the first {@linkcode covered}
   * bytes of it.
   */
  readVector(offset: number, size: number): number;
  /** The same over the writable part. */
  writeVector(offset: number, size: number): number;
  /** How many bytes the array covers that was made last. */
  readonly covered: number;
  /** The address of the array, which never changes: one element. */
  readonly vector: Wide;
  /** Copies `size` bytes from private memory at `from` to the start of the writable part; at most {@linkcode writableSize}. */
  store(from: Fixed, size: number): void;
}

/** Serves FUSE. Never throws for anything that a guest sends. */
export interface FuseServer {
  /**
   * Carries out one request; `queue` is 0 for the one of high priority. Returns
   * the number of bytes written, which is `used.len`: 0 where no reply is due
   * (FORGET).
   */
  serve(message: Message, queue: number): number;
  /** Drops all inodes and open files: at RESET_DEVICE and at the end of the connection. */
  reset(): void;
  /** What the guest makes it hold. */
  held(): Held;
}
