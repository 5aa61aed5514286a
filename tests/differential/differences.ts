/**
 * Where ours answers differently from the original, and means to.
 *
 * @module
 */
import { O_ASYNC, O_PATH, O_TMPFILE_BIT } from "../../ffi/constants.ts";
import type { Both, Facts } from "./facts.ts";
import { differing } from "./facts.ts";
import { numberOf, type Step } from "./step.ts";

/** One intended difference. */
export interface Difference {
  readonly what: string;
  readonly reason: string;
  /** Whether it accounts for all that differs. */
  accounts(step: Step, facts: Both<Facts>): boolean;
}

const flagged = (step: Step, flag: number) =>
  (step.name === "OPEN" || step.name === "CREATE") &&
  (numberOf(step, "flags") & flag) !== 0;

/** Every intended difference that a sequence can show. */
export const DIFFERENCES: readonly Difference[] = [
  {
    what: "O_PATH is stripped from OPEN",
    reason: "such a descriptor has not been checked for access",
    accounts: (step, facts) =>
      flagged(step, O_PATH) && (
        differing(facts).join() === "flags,position" &&
          (Number(facts.original["flags"]) & O_PATH) !== 0 ||
        // A symlink that is not to be followed: only O_PATH can open it.
        facts.ours["answer"] === "ELOOP" &&
          facts.original["answer"] === "ENXIO"
      ),
  },
  {
    what: "O_TMPFILE is stripped from OPEN",
    reason: "the nameless file would be root's, where QEMU meant a directory",
    accounts: (step, { ours, original }) =>
      flagged(step, O_TMPFILE_BIT) && ours["answer"] === "EISDIR" &&
      original["answer"] === "a descriptor",
  },
  {
    what: "O_ASYNC is stripped from OPEN and CREATE",
    reason: "it would have signals sent",
    accounts: (step, facts) =>
      flagged(step, O_ASYNC) && differing(facts).join() === "flags" &&
      Number(facts.original["flags"]) ===
        (Number(facts.ours["flags"]) | O_ASYNC),
  },
  {
    what: "a special file is ENXIO, whatever is wrong with the flags",
    reason: "it is never opened, so that nobody looks at its flags",
    accounts: (step, { ours, original }) =>
      (step.name === "OPEN" || step.name === "CREATE") &&
      ours["answer"] === "ENXIO" &&
      ["EINVAL", "ENOTDIR", "EPERM"].includes(original["answer"]!),
  },
  {
    what: "GETVERSION of a device is ENXIO and not ENOTTY",
    reason: "it is not opened only to be told so",
    accounts: (step, { ours, original }) =>
      step.name === "GETVERSION" && ours["answer"] === "ENXIO" &&
      original["answer"] === "ENOTTY",
  },
];

/** The first intended difference that accounts for what `facts` differ in. */
export function intended(
  step: Step,
  facts: Both<Facts>,
): Difference | undefined {
  return DIFFERENCES.find((difference) => difference.accounts(step, facts));
}
