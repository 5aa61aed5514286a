/**
 * Reads directories: what one call has brought and one reply did not take is
 * kept for the next request, if that goes on there.
 *
 * @module
 */
import type { Libc } from "../../../ffi/libc.ts";
import { allocate, allocateString, type Fixed } from "../../../ffi/memory.ts";
import type { Name, PassthroughCalls } from "../../../ffi/passthrough.ts";
import { NAME_MAX } from "../../../ffi/passthrough_constants.ts";
import { type Done, type Errno, failed } from "../../../ffi/results.ts";
import { DIRENT_SIZE, LINUX_DIRENT } from "../fuse/structs.ts";
import type { Reply } from "../fuse/reply.ts";
import type { Request } from "../fuse/request.ts";
import type { Handle, OpenFiles } from "./open_files.ts";

const BUFFER_SIZE = 32768;
const BUFFER_ROOM = BigInt(BUFFER_SIZE);
const DOT = 0x2e;

/** A cursor over the entries of one directory at a time. */
export class DirectoryReader {
  readonly #calls: PassthroughCalls;
  readonly #openFiles: OpenFiles;
  readonly #buffer: Fixed;
  readonly #name;
  /** Whose entries these are. */
  #handle = 0;
  #generation = 0;
  /** The cookie that leads to the entry at `#at`. */
  #cookieLow = 0;
  #cookieHigh = 0;
  #at = 0;
  #end = 0;
  #length = 0;

  constructor(
    libc: Pick<Libc<Deno.ForeignLibraryInterface>, "pointerTo">,
    calls: PassthroughCalls,
    openFiles: OpenFiles,
  ) {
    this.#calls = calls;
    this.#openFiles = openFiles;
    this.#buffer = allocate(libc, BUFFER_SIZE);
    this.#name = allocateString(libc, NAME_MAX + 1);
  }

  /** Goes to the entry behind the cookie that is 64-bit word `index` of the request. */
  seek(handle: Handle, request: Request, index: number): Done | Errno {
    const low = request.u32(2 * index), high = request.u32(2 * index + 1);
    const openFiles = this.#openFiles;
    const generation = openFiles.generation(handle);
    if (
      this.#at < this.#end && this.#handle === handle &&
      this.#generation === generation && this.#cookieLow === low &&
      this.#cookieHigh === high && (low | high) !== 0
    ) {
      this.#measure();
      return 0;
    }
    this.#at = 0;
    this.#end = 0;
    const fd = openFiles.fd(handle);
    if (!openFiles.isAt(handle, low, high)) {
      const moved = this.#calls.seek(
        fd,
        request.wide,
        request.wideAt(index),
        low,
      );
      if (failed(moved)) return moved;
      openFiles.moved(handle, low, high);
    }
    const size = this.#calls.readEntries(
      fd,
      this.#buffer.pointer,
      BUFFER_ROOM,
    );
    if (failed(size)) return size;
    this.#handle = handle;
    this.#generation = generation;
    this.#cookieLow = low;
    this.#cookieHigh = high;
    this.#end = size;
    if (size > 0) {
      this.#noteEnd();
      this.#measure();
    }
    return 0;
  }

  /** Whether there is an entry. */
  get more(): boolean {
    return this.#at < this.#end;
  }

  /** Bytes of the entry in a reply. */
  get size(): number {
    return DIRENT_SIZE + this.#length + 7 & ~7;
  }

  /** The entry's type, DT_DIR and its like. */
  get type(): number {
    return this.#buffer.bytes[this.#at + LINUX_DIRENT.type]!;
  }

  /** Whether the entry is the directory itself or the one above. */
  get isDots(): boolean {
    const { bytes } = this.#buffer, at = this.#at + LINUX_DIRENT.name;
    return bytes[at] === DOT &&
      (this.#length === 1 || this.#length === 2 && bytes[at + 1] === DOT);
  }

  /** The entry's name; null where it is longer than what can be looked up. */
  name(): Name | null {
    const length = this.#length;
    if (length > NAME_MAX) return null;
    const from = this.#buffer.bytes, to = this.#name.bytes;
    const start = this.#at + LINUX_DIRENT.name;
    for (let i = 0; i < length; i++) to[i] = from[start + i]!;
    to[length] = 0;
    return this.#name.pointer as Name;
  }

  /** Puts the entry's inode number to words `index` and the one after it. */
  putInode(reply: Reply, index: number): void {
    reply.copyWords(index, this.#buffer.words, this.#at / 4, 2);
  }

  /** Puts `struct fuse_dirent` at byte `index` of the body. */
  put(reply: Reply, index: number, type: number): void {
    const word = index / 4;
    // Inode number and cookie stand side by side in both.
    reply.copyWords(word, this.#buffer.words, this.#at / 4, 4);
    reply.word(word + 4, this.#length);
    reply.word(word + 5, type);
    reply.copyBytes(
      index + DIRENT_SIZE,
      this.#buffer.bytes,
      this.#at + LINUX_DIRENT.name,
      this.#length,
    );
  }

  /** Goes to the next entry. */
  advance(): void {
    const { words } = this.#buffer;
    this.#cookieLow = words[this.#at / 4 + 2]!;
    this.#cookieHigh = words[this.#at / 4 + 3]!;
    this.#at += this.#recordLength(this.#at);
    if (this.#at < this.#end) this.#measure();
  }

  /** The kernel is behind the last entry. */
  #noteEnd(): void {
    let at = 0;
    for (
      let next = this.#recordLength(at);
      next < this.#end;
      next += this.#recordLength(next)
    ) at = next;
    const { words } = this.#buffer;
    this.#openFiles.moved(
      this.#handle as Handle,
      words[at / 4 + 2]!,
      words[at / 4 + 3]!,
    );
  }

  #recordLength(at: number): number {
    const { bytes } = this.#buffer;
    const length = bytes[at + LINUX_DIRENT.length]! |
      bytes[at + LINUX_DIRENT.length + 1]! << 8;
    // The kernel's are never 0; if one were, this would be an endless loop.
    return length === 0 ? BUFFER_SIZE : length;
  }

  #measure(): void {
    const { bytes } = this.#buffer;
    const start = this.#at + LINUX_DIRENT.name;
    let length = 0;
    while (bytes[start + length]) length++;
    this.#length = length;
  }
}
