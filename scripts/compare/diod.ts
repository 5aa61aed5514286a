/**
 * The part of 9P2000.L over TCP that is needed to create a file at diod.
 *
 * @module
 */
import { SOCK_CLOEXEC, SOCK_STREAM } from "../../ffi/constants.ts";
import { openLibc } from "../../ffi/libc.ts";
import { PEER_SYMBOLS } from "../../src/proxy/client/peer_symbols.ts";

const AF_INET = 2;
const NOTAG = 0xffff;
const NOFID = 0xffff_ffff;
// Message types of 9P2000 and 9P2000.L; an answer is one more than its request.
const Tlcreate = 14;
const Tversion = 100;
const Tattach = 104;

/** A connection with one attached user, who has made a file. */
export class DiodClient implements Disposable {
  readonly #libc = openLibc(PEER_SYMBOLS);
  readonly #fd: number;

  /** @throws where nobody listens at `address` yet */
  constructor(address: readonly number[], port: number) {
    const { symbols } = this.#libc;
    this.#fd = symbols.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // struct sockaddr_in: family in the host's order, the rest in the network's
    const name = Uint8Array.of(
      ...[AF_INET, 0, port >> 8, port & 0xff, ...address],
      ...new Uint8Array(8),
    );
    if (symbols.connect(this.#fd, name, name.length) < 0) {
      this[Symbol.dispose]();
      throw new Error(`Cannot connect to ${address.join(".")}:${port}`);
    }
  }

  /** Attaches to the export `path` as user `uid` and creates `name` there. */
  use(path: string, uid: number, name: string): void {
    this.#ask(Tversion, NOTAG, [u32(8192), text("9P2000.L")]);
    this.#ask(Tattach, 1, [
      ...[u32(1), u32(NOFID), text("user"), text(path), u32(uid)],
    ]);
    const O_RDWR = 2;
    this.#ask(Tlcreate, 1, [
      ...[u32(1), text(name), u32(O_RDWR), u32(0o600), u32(uid)],
    ]);
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.#fd);
    this.#libc.close();
  }

  #ask(type: number, tag: number, fields: readonly Uint8Array[]): void {
    const body = fields.flatMap((field) => [...field]);
    const message = Uint8Array.of(
      ...[...u32(body.length + 7), type, ...u16(tag), ...body],
    );
    const { symbols } = this.#libc;
    symbols.send(this.#fd, message, BigInt(message.length), 0);
    const answer = new Uint8Array(8192);
    const got = symbols.recv(this.#fd, answer, BigInt(answer.length), 0);
    if (got < 7 || answer[4] !== type + 1) {
      throw new Error(`diod refused message ${type}: ${answer.slice(0, 11)}`);
    }
  }
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return Uint8Array.of(...u16(bytes.length), ...bytes);
}
