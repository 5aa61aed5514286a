/**
 * Rules of the filter: system calls that may be made, and why.
 *
 * They are data, of which `filter.ts` makes a program. A call may stand in
 * several rules: it is allowed if one of them holds.
 *
 * @module
 */
import type { SyscallName } from "../../../ffi/syscall_numbers.ts";

/** Looks at the lower 32 bits of an argument, as the kernel does with each that is checked here. */
export interface Check {
  /** Which, from 0. */
  readonly argument: number;
  /** The bits that count; all where left out. */
  readonly mask?: number;
  readonly oneOf: readonly number[];
}

/** Calls that may be made. */
export interface Rule {
  readonly calls: readonly SyscallName[];
  /** All have to hold, else the call is forbidden; none where left out. */
  readonly checks?: readonly Check[];
  /** The call is not made: it fails with this errno, whatever the action for forbidden calls is. */
  readonly errno?: number;
  readonly why: string;
}

/** What the list depends on. */
export interface Circumstances {
  /** This process. */
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
