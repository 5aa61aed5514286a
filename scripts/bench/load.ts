/**
 * The load client. It makes the system calls that QEMU makes: one write for a
 * request; a read of the 8 bytes of the header, then one of the body; `recvmsg`
 * where a descriptor is due.
 *
 * Its own time is part of what is measured, so requests are made beforehand,
 * and nothing is allocated between two of them.
 *
 * @module
 */
import { SCM_RIGHTS, SOL_SOCKET } from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import type { Libc } from "../../ffi/libc.ts";
import { allocate, type Fixed } from "../../ffi/memory.ts";
import {
  DESCRIPTOR_FOLLOWS,
  HEADER_SIZE,
  MAX_PAYLOAD,
  T_ERROR,
  T_SUCCESS,
} from "../../src/proxy/wire/protocol.ts";
import type { LOAD_SYMBOLS } from "./symbols.ts";

/** A request that is ready to be sent, and what has to come back. */
export interface Prepared {
  /** For error messages. */
  readonly name: string;
  /** Keeps what `pointer` points to alive. */
  readonly frame: Fixed;
  readonly pointer: Deno.PointerObject;
  readonly length: number;
  readonly size: bigint;
  /** Answered by a word and a descriptor, not by a frame. */
  readonly descriptor: boolean;
  /** The errno of the only right answer, 0 for success. */
  readonly errno: number;
}

/** Makes `bytes` ready to be sent. */
export function prepare(
  libc: Libc<typeof LOAD_SYMBOLS>,
  name: string,
  bytes: Uint8Array,
  answer: { readonly descriptor?: boolean; readonly errno?: number } = {},
): Prepared {
  const frame = allocate(libc, bytes.length);
  frame.bytes.set(bytes);
  return {
    name,
    frame,
    pointer: frame.pointer,
    length: bytes.length,
    size: BigInt(bytes.length),
    descriptor: answer.descriptor ?? false,
    errno: answer.errno ?? 0,
  };
}

/** The answer was not the right one, or none came. */
export class LoadError extends Error {
  override name = "LoadError";
}

const HEADER = BigInt(HEADER_SIZE);
/** Sizes of bodies as BigInt, so that none is made on the way. */
const SIZES: readonly bigint[] = Array.from(
  { length: 256 },
  (_, n) => BigInt(n),
);

// struct msghdr, as 32-bit words, and struct cmsghdr with one descriptor.
const MSGHDR_SIZE = 56, MSG_CONTROLLEN = 10;
const CONTROL_SIZE = 24, CONTROL_LENGTH = 20;
const CMSG_LEN = 0, CMSG_LEVEL = 2, CMSG_TYPE = 3, CMSG_DATA = 4;
const MSG_CMSG_CLOEXEC = 0x40000000;

/** One end of a connection to a helper. */
export class LoadClient {
  readonly #libc: Libc<typeof LOAD_SYMBOLS>;
  readonly #fd: number;
  readonly #header: Fixed;
  readonly #body: Fixed;
  readonly #result: Int32Array<ArrayBuffer>;
  readonly #message: Fixed;
  readonly #control: Fixed;
  #descriptor = -1;

  constructor(libc: Libc<typeof LOAD_SYMBOLS>, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    this.#header = allocate(libc, HEADER_SIZE);
    this.#body = allocate(libc, MAX_PAYLOAD);
    this.#result = new Int32Array(this.#body.bytes.buffer);
    this.#message = allocate(libc, MSGHDR_SIZE);
    this.#control = allocate(libc, CONTROL_SIZE);
    const vector = new BigUint64Array(this.#vector);
    vector[0] = libc.addressOf(this.#body.bytes);
    vector[1] = 4n;
    // struct msghdr: name, namelen, iov, iovlen, control, controllen, flags
    new BigUint64Array(this.#message.bytes.buffer).set([
      0n,
      0n,
      libc.addressOf(vector),
      1n,
      libc.addressOf(this.#control.bytes),
      BigInt(CONTROL_SIZE),
      0n,
    ]);
  }

  readonly #vector = new ArrayBuffer(16);

  /**
   * Makes one request and takes its answer. A descriptor that came is kept for
   * {@linkcode settle}.
   *
   * @throws {LoadError} if the answer is another than the expected one
   */
  ask(request: Prepared): void {
    const c = this.#libc.symbols;
    if (c.write(this.#fd, request.pointer, request.size) !== request.length) {
      throw this.#failure("send", request);
    }
    if (request.descriptor) return this.#takeDescriptor(request);
    const { words } = this.#header;
    this.#read(this.#header, HEADER_SIZE, HEADER, request);
    const size = words[1]!;
    this.#read(this.#body, size, SIZES[size] ?? BigInt(size), request);
    const wanted = request.errno === 0 ? T_SUCCESS : T_ERROR;
    if (
      words[0] !== wanted ||
      request.errno !== 0 && this.#result[0] !== -request.errno
    ) throw this.#surprise(request);
  }

  /** Closes the descriptor that came with the last answer, as the guest does some time later. */
  settle(): void {
    if (this.#descriptor < 0) return;
    this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
  }

  /** Ends the connection: the helper reads the end of the stream. */
  close(): void {
    this.#libc.symbols.close(this.#fd);
  }

  #takeDescriptor(request: Prepared): void {
    const message = this.#message.words, control = this.#control.words;
    message[MSG_CONTROLLEN] = CONTROL_SIZE;
    const got = this.#libc.symbols.recvmsg(
      this.#fd,
      this.#message.pointer,
      MSG_CMSG_CLOEXEC,
    );
    if (got !== 4) throw this.#failure("receive a descriptor for", request);
    if (this.#result[0] !== DESCRIPTOR_FOLLOWS) {
      if (this.#result[0] === -request.errno) return;
      throw this.#surprise(request);
    }
    if (
      control[CMSG_LEN] !== CONTROL_LENGTH ||
      control[CMSG_LEVEL] !== SOL_SOCKET || control[CMSG_TYPE] !== SCM_RIGHTS
    ) throw this.#failure("find the descriptor for", request);
    this.#descriptor = control[CMSG_DATA]!;
  }

  #read(into: Fixed, count: number, size: bigint, request: Prepared): void {
    const c = this.#libc.symbols;
    let got = c.read(this.#fd, into.pointer, size);
    while (got < count) {
      if (got < 0) throw this.#failure("receive the answer to", request);
      const more = c.read_into(
        this.#fd,
        into.bytes.subarray(got, count),
        BigInt(count - got),
      );
      if (more <= 0) throw this.#failure("receive the answer to", request);
      got += more;
    }
  }

  #failure(what: string, request: Prepared): LoadError {
    return new LoadError(
      `Cannot ${what} ${request.name}: ${
        errnoName(this.#libc.errno())
      }, or the helper has ended`,
    );
  }

  #surprise(request: Prepared): LoadError {
    const wanted = request.errno === 0 ? "success" : errnoName(request.errno);
    return new LoadError(
      `Cannot go on: ${request.name} was answered by type ${
        this.#header.words[0]
      } and ${this.#result[0]}, not by ${wanted}`,
    );
  }
}
