/**
 * Runs a seccomp filter as the kernel does: linux/filter.h, seccomp(2).
 *
 * @module
 */
import type { Instruction } from "../../src/jail/seccomp/bpf.ts";

/** `struct seccomp_data`. */
export interface Call {
  readonly number: number;
  /** AUDIT_ARCH_*. */
  readonly architecture: number;
  readonly args?: readonly (number | bigint)[];
}

/**
 * What a filter answers to a call: a SECCOMP_RET_*, unsigned. Throws where the
 * kernel would have refused to load the program.
 */
export function answerTo(program: readonly Instruction[], call: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.architecture, true);
  (call.args ?? []).forEach((value, i) =>
    data.setBigUint64(16 + 8 * i, BigInt.asUintN(64, BigInt(value)), true)
  );
  let accumulator = 0;
  for (let at = 0;;) {
    const instruction = program[at++];
    if (instruction === undefined) throw new Error("ran off the end");
    const { code, jt, jf, k } = instruction;
    switch (code) {
      case 0x20:
        if (k % 4 !== 0) throw new Error(`a load from ${k}`);
        accumulator = data.getUint32(k, true);
        break;
      case 0x54:
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x15:
        at += accumulator === k ? jt : jf;
        break;
      case 0x35:
        at += accumulator >= k ? jt : jf;
        break;
      case 0x06:
        return k;
      default:
        throw new Error(`an instruction ${code}`);
    }
  }
}

/** The instructions of an encoded program. */
export function decode(bytes: Uint8Array<ArrayBuffer>): Instruction[] {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 8 }, (_, i) => ({
    code: view.getUint16(8 * i, true),
    jt: view.getUint8(8 * i + 2),
    jf: view.getUint8(8 * i + 3),
    k: view.getUint32(8 * i + 4, true),
  }));
}
