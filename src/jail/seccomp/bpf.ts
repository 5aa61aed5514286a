/**
 * Classic BPF as seccomp(2) takes it: linux/filter.h, linux/bpf_common.h.
 *
 * @module
 */

/**
 * `struct sock_filter`: a jump goes on `jt` or `jf` instructions behind the
 * next one; `k` is unsigned.
 */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** BPF_LD | BPF_W | BPF_ABS: the word of `struct seccomp_data` at byte `k`. */
export const LOAD = 0x20;
/** BPF_ALU | BPF_AND | BPF_K. */
export const AND = 0x54;
/** BPF_JMP | BPF_JEQ | BPF_K. */
export const JUMP_EQUAL = 0x15;
/** BPF_JMP | BPF_JGE | BPF_K. */
export const JUMP_AT_LEAST = 0x35;
/** BPF_RET | BPF_K. */
export const RETURN = 0x06;

/** BPF_MAXINSNS: no program may be longer. */
export const MAX_INSTRUCTIONS = 4096;

/** The farthest that a conditional jump reaches. */
export const MAX_JUMP = 255;

/** `struct seccomp_data`, as byte offsets; linux/seccomp.h. */
export const DATA = {
  call: 0,
  architecture: 4,
  /** The lower and the upper half of an argument, on a little-endian machine. */
  low: (argument: number): number => 16 + 8 * argument,
  high: (argument: number): number => 20 + 8 * argument,
} as const;

/** Goes on with the next instruction if the accumulator is `k`, else passes over `skip`. */
export function unlessEqual(k: number, skip: number): Instruction {
  return { code: JUMP_EQUAL, jt: 0, jf: skip, k };
}

/** Instructions without a jump. */
export const load = (offset: number): Instruction => plain(LOAD, offset);
export const and = (mask: number): Instruction => plain(AND, mask);
export const give = (action: number): Instruction => plain(RETURN, action);

function plain(code: number, k: number): Instruction {
  return { code, jt: 0, jf: 0, k };
}

/** A program as the kernel reads it: u16 code, u8 jt, u8 jf, u32 k. */
export function encode(
  program: readonly Instruction[],
): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(program.length * 2);
  program.forEach(({ code, jt, jf, k }, i) => {
    words[2 * i] = code | jt << 16 | jf << 24;
    words[2 * i + 1] = k;
  });
  return new Uint8Array(words.buffer);
}
