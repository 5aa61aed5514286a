/**
 * The form of a rule of the filter, which {@linkcode ./filter.ts} translates. A
 * call may stand in several rules, and is allowed if one of them allows it.
 *
 * @module
 */
import type { SyscallName } from "../../../ffi/syscall_numbers.ts";

/** A condition on the lower 32 bits of an argument: the kernel uses no more of those that are checked. */
export interface Check {
  /** The index of the argument, from 0. */
  readonly argument: number;
  /** The bits to compare; without it all. */
  readonly mask?: number;
  /** Their permitted values. */
  readonly oneOf: readonly number[];
}

/** System calls that are allowed, or that fail in a certain way. */
export interface Rule {
  readonly calls: readonly SyscallName[];
  /** All must hold for the rule to apply. */
  readonly checks?: readonly Check[];
  /** If given, the call is not made but fails with this errno, whatever the action for forbidden calls. */
  readonly errno?: number;
  /** Who makes the calls, and why they do no harm. */
  readonly why: string;
}

/** What the rules depend on. */
export interface Circumstances {
  /** The process id of the helper. */
  readonly pid: number;
  /** Whether a connection is still to be accepted. */
  readonly listens: boolean;
}

/** The argument is one of these. */
export const isOneOf = (argument: number, ...oneOf: number[]): Check => ({
  argument,
  oneOf,
});
/** The argument has none of these bits. */
export const hasNot = (argument: number, bits: number): Check => ({
  argument,
  mask: bits,
  oneOf: [0],
});
