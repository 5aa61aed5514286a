/**
 * Classic BPF, the language of filters for seccomp(2): linux/filter.h,
 * linux/bpf_common.h.
 *
 * @module
 */

/**
 * `struct sock_filter`. A conditional jump skips `jt` instructions if the
 * condition holds, else `jf`. `k` is unsigned.
 */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** BPF_JMP | BPF_JEQ | BPF_K: whether the accumulator is `k`. */
export const JUMP_EQUAL = 0x15;
/** BPF_JMP | BPF_JGE | BPF_K: whether the accumulator is at least `k`. */
export const JUMP_AT_LEAST = 0x35;

/** BPF_MAXINSNS: the longest program. */
export const MAX_INSTRUCTIONS = 4096;

/** The most instructions that a conditional jump can skip. */
export const MAX_JUMP = 255;

/** Byte offsets in `struct seccomp_data`, linux/seccomp.h. */
export const DATA = {
  call: 0,
  architecture: 4,
  /** The lower half of an argument, as the machine is little-endian. */
  low: (argument: number): number => 16 + 8 * argument,
} as const;

/** BPF_LD | BPF_W | BPF_ABS: loads the 32-bit word at `offset` of `struct seccomp_data`. */
export const load = (offset: number): Instruction => plain(0x20, offset);
/** BPF_ALU | BPF_AND | BPF_K. */
export const and = (mask: number): Instruction => plain(0x54, mask);
/** BPF_RET | BPF_K: ends the program with this action. */
export const ret = (action: number): Instruction => plain(0x06, action);

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
