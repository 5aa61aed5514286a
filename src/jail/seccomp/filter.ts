/**
 * Translates rules to the filter program that the kernel runs before each system
 * call, seccomp(2).
 *
 * The program looks at arguments only for rules with checks. For calls that are
 * allowed whatever their arguments Linux 5.11 and later do not run it at all.
 *
 * @module
 */
import {
  type Architecture,
  syscallNumber,
} from "../../../ffi/syscall_numbers.ts";
import type { Check, Rule } from "./rule.ts";
import {
  and,
  DATA,
  type Instruction,
  JUMP_AT_LEAST,
  JUMP_EQUAL,
  load,
  MAX_INSTRUCTIONS,
  MAX_JUMP,
  ret,
} from "./bpf.ts";
import { StartError } from "../../errors.ts";

/** SECCOMP_RET_*, linux/seccomp.h. */
export const RETURNS = {
  kill: 0x80000000,
  trap: 0x00030000,
  log: 0x7ffc0000,
  allow: 0x7fff0000,
  /** With a number from 1 to 4095 in its lower half. */
  errno: 0x00050000,
} as const;

/** AUDIT_ARCH_*, linux/audit.h: the ABI by which a call is made. */
const AUDIT: Readonly<Record<Architecture, number>> = {
  x86_64: 0xc000003e,
  aarch64: 0xc00000b7,
};

/** __X32_SYSCALL_BIT, asm/unistd.h: numbers from here on are those of the x32 ABI. */
const X32 = 0x40000000;

/**
 * The program that allows what `rules` allow, and answers all other calls with
 * `forbidden`, one of {@linkcode RETURNS}. Calls by another ABI than the
 * machine's own always kill: neither Deno nor libc makes any.
 *
 * @throws {StartError}
 */
export function makeFilter(
  rules: readonly Rule[],
  architecture: Architecture,
  forbidden: number,
): Instruction[] {
  const program = [
    load(DATA.architecture),
    { code: JUMP_EQUAL, jt: 1, jf: 0, k: AUDIT[architecture] },
    ret(RETURNS.kill),
    load(DATA.call),
    ...architecture === "x86_64"
      ? [{ code: JUMP_AT_LEAST, jt: 0, jf: 1, k: X32 }, ret(RETURNS.kill)]
      : [],
    ...rules.flatMap((rule) => {
      const then = verdict(rule);
      return rule.calls.flatMap((name) => {
        const number = syscallNumber(name, architecture);
        return number === undefined
          ? []
          : [{ code: JUMP_EQUAL, jt: 0, jf: then.length, k: number }, ...then];
      });
    }),
    ret(forbidden),
  ];
  if (program.length > MAX_INSTRUCTIONS) {
    throw new StartError("Cannot filter by so many rules");
  }
  return program;
}

/** What is done with a call of this rule. If a check fails, the program goes on with the next rule. */
function verdict({ checks = [], errno }: Rule): Instruction[] {
  const allowed = ret(
    errno === undefined ? RETURNS.allow : RETURNS.errno | errno,
  );
  if (checks.length === 0) return [allowed];
  // From the last check to the first: each jumps over those behind it.
  const block = checks.reduceRight<Instruction[]>(
    (rest, check) => [...checkArgument(check, rest.length), ...rest],
    [allowed],
  );
  if (block.length > MAX_JUMP) throw new StartError("Cannot check so much");
  // The checks have loaded an argument over the number of the call.
  return [...block, load(DATA.call)];
}

/** Goes on with the next instruction if the check holds, else skips `skip` of them. */
function checkArgument(
  { argument, mask, oneOf }: Check,
  skip: number,
): Instruction[] {
  const last = oneOf.length - 1;
  return [
    load(DATA.low(argument)),
    ...mask === undefined ? [] : [and(mask)],
    ...oneOf.map((k, i) => ({
      code: JUMP_EQUAL,
      jt: last - i,
      jf: i === last ? skip : 0,
      k,
    })),
  ];
}
