/**
 * Makes the filter of the list: a program that the kernel runs before each
 * system call, seccomp(2).
 *
 * It looks at nothing but numbers, and at arguments only where a rule says so:
 * from Linux 5.11 on the kernel finds out by itself which calls are always
 * allowed and does not run the program for them at all.
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
  give,
  type Instruction,
  JUMP_AT_LEAST,
  JUMP_EQUAL,
  load,
  MAX_INSTRUCTIONS,
  MAX_JUMP,
  unlessEqual,
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

/** AUDIT_ARCH_*, linux/audit.h: what the call was made as. */
const AUDIT: Readonly<Record<Architecture, number>> = {
  x86_64: 0xc000003e,
  aarch64: 0xc00000b7,
};

/** From here on x86_64 takes a number for one of the x32 ABI, which has other calls behind the same numbers. */
const X32 = 0x40000000;

/**
 * The program that lets through what `rules` allow, and answers all else with
 * `forbidden`, one of {@linkcode RETURNS}. What was made by another ABI than
 * this machine's own is killed in any case: nobody here has made it.
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
    give(RETURNS.kill),
    load(DATA.call),
    ...architecture === "x86_64"
      ? [
        { code: JUMP_AT_LEAST, jt: 0, jf: 1, k: X32 },
        give(RETURNS.kill),
      ]
      : [],
    ...rules.flatMap((rule) => {
      const then = verdict(rule);
      return rule.calls.flatMap((name) => {
        const number = syscallNumber(name, architecture);
        return number === undefined
          ? []
          : [unlessEqual(number, then.length), ...then];
      });
    }),
    give(forbidden),
  ];
  if (program.length > MAX_INSTRUCTIONS) {
    throw new StartError("Cannot filter by so many rules");
  }
  return program;
}

/** What happens to a call of this rule. Where a check does not hold, another rule may. */
function verdict({ checks = [], errno }: Rule): Instruction[] {
  const allowed = give(
    errno === undefined ? RETURNS.allow : RETURNS.errno | errno,
  );
  if (checks.length === 0) return [allowed];
  // From the last check to the first, as each has to know how far the end is.
  const block = checks.reduceRight<Instruction[]>(
    (rest, check) => [...examine(check, rest.length), ...rest],
    [allowed],
  );
  if (block.length > MAX_JUMP) throw new StartError("Cannot check so much");
  // The checks have put an argument in the place of the number.
  return [...block, load(DATA.call)];
}

/** Goes on behind itself if the check holds, else `distance` further. */
function examine(
  { argument, mask, oneOf }: Check,
  distance: number,
): Instruction[] {
  const last = oneOf.length - 1;
  return [
    load(DATA.low(argument)),
    ...mask === undefined ? [] : [and(mask)],
    ...oneOf.map((k, i) => ({
      code: JUMP_EQUAL,
      jt: last - i,
      jf: i === last ? distance : 0,
      k,
    })),
  ];
}
