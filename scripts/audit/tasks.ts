/**
 * The tasks of deno.json: which sets they use, and that they add nothing.
 *
 * @module
 */
import type { Line } from "./judge.ts";
import {
  grantsOfFlags,
  type Manifest,
  type PermissionSet,
  setsOfFlags,
} from "./manifest.ts";

/** Sets that something else than a task uses. */
const OTHER_USERS: Readonly<Record<string, string>> = {
  helper: "the launcher and scripts/compile.ts",
  test: "deno test",
  bench: "deno bench",
  compile: "deno compile",
};

/** One line for each set that nobody uses, and for each task that grants past its set. */
export function judgeTasks(
  { tasks = {} }: Manifest,
  sets: readonly PermissionSet[],
): Line[] {
  const lines: Line[] = [];
  const used = new Set(Object.keys(OTHER_USERS));
  for (const [name, task] of Object.entries(tasks)) {
    const words = (typeof task === "string" ? task : task.command ?? "")
      .split(/\s+/);
    for (const set of setsOfFlags(words)) used.add(set);
    for (const { permission, values } of grantsOfFlags(words)) {
      lines.push({
        verdict: "FAIL",
        set: `task ${name}`,
        permission,
        text: `${
          values.join(", ") || "everything"
        } is granted on the command line: put it into a set`,
      });
    }
  }
  for (const { name } of sets) {
    if (used.has(name)) continue;
    lines.push({
      verdict: "FAIL",
      set: name,
      permission: "-",
      text: "no task uses this set: take it away",
    });
  }
  return lines;
}
