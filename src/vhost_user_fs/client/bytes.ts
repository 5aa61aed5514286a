/**
 * Structures of the FUSE protocol in bytes, little-endian.
 *
 * @module
 */
type Bytes = Uint8Array<ArrayBuffer>;

/** All of them, one behind the other. */
export function concat(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Fields one after the other. */
export class Writer {
  readonly #bytes: number[] = [];

  u16(...values: number[]): this {
    for (const value of values) {
      this.#bytes.push(value & 255, value >>> 8 & 255);
    }
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) {
      this.#bytes.push(
        value & 255,
        value >>> 8 & 255,
        value >>> 16 & 255,
        value >>> 24,
      );
    }
    return this;
  }

  u64(...values: (number | bigint)[]): this {
    for (const value of values) {
      const whole = BigInt.asUintN(64, BigInt(value));
      this.u32(Number(whole & 0xffff_ffffn), Number(whole >> 32n));
    }
    return this;
  }

  raw(bytes: Uint8Array): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  /** A name and its NUL. */
  name(name: string | Uint8Array): this {
    return this.raw(typeof name === "string" ? ENCODER.encode(name) : name)
      .u8(0);
  }

  u8(value: number): this {
    this.#bytes.push(value & 255);
    return this;
  }

  /** Zeros up to a multiple of `unit`. */
  pad(unit: number): this {
    while (this.#bytes.length % unit !== 0) this.#bytes.push(0);
    return this;
  }

  get bytes(): Bytes {
    return new Uint8Array(this.#bytes);
  }
}

const ENCODER = new TextEncoder();

/** Reads fields by offset. */
export class Reader {
  readonly view: DataView;

  constructor(readonly bytes: Bytes) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u16(at: number): number {
    return this.view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  i32(at: number): number {
    return this.view.getInt32(at, true);
  }

  u64(at: number): bigint {
    return this.view.getBigUint64(at, true);
  }

  /** A number of 64 bits that has to be exact as a number too. */
  size(at: number): number {
    const value = this.u64(at);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`${value} is a strange number`);
    }
    return Number(value);
  }

  i64(at: number): bigint {
    return this.view.getBigInt64(at, true);
  }

  text(start: number, end: number): string {
    return new TextDecoder().decode(this.bytes.subarray(start, end));
  }
}
