/**
 * What tests of guests expect of each.
 *
 * @module
 */
import { deepEqual, equal } from "node:assert/strict";
import type { MachineEnd } from "../support/machine.ts";

/** The lines of a part of a guest's job, which has to have come to its end. */
export function linesOf(
  { parts, console }: MachineEnd,
  name: string,
): readonly string[] {
  const lines = parts.get(name);
  equal(lines === undefined, false, `"${name}" has no end:\n${console}`);
  return lines!;
}

/** Nothing went another way than it had to, and nobody had anything to complain of. */
export function expectGoodEnd({ console, qemu, helpers }: MachineEnd): void {
  const lines = console.split("\n");
  const surprises = lines.flatMap((line, at) =>
    line.startsWith("UNEXPECTED")
      ? [lines.slice(Math.max(0, at - 4), at + 1).join("\n")]
      : []
  );
  deepEqual(surprises, []);
  for (const [tag, { code, output }] of helpers) {
    equal(code, 0, `The helper of ${tag}: ${output}`);
  }
  deepEqual([qemu.code, qemu.stderr], [0, ""]);
}
