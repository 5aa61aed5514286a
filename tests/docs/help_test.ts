/** `--help` is made from the table, and fits a screen. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type Option, OPTIONS, usage } from "../../src/cli/options.ts";

const LINES = 27;
const COLUMNS = 88;

Deno.test(`--help fits ${LINES} lines of ${COLUMNS} columns`, () => {
  const lines = usage().split("\n");
  ok(lines.length <= LINES, `${lines.length} lines`);
  deepEqual(lines.filter((line) => line.length > COLUMNS), []);
});

Deno.test("--help has a line for every option, in line with the others", () => {
  const lines = usage().split("\n");
  const columns = Object.entries<Option>(OPTIONS).map(
    ([name, { short, value, help }]) => {
      const head = `${short === undefined ? "   " : `-${short},`} --${name}${
        value === undefined ? "" : ` ${value}`
      } `;
      const line = lines.find((line) => line.trimEnd().endsWith(` ${help}`));
      equal(line?.startsWith(`  ${head}`), true, name);
      return line!.indexOf(help);
    },
  );
  equal(new Set(columns).size, 1);
});
