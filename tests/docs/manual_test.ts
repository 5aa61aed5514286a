/** The manual page is in step with the program, and well formed. */
import { deepEqual, ok } from "node:assert/strict";
import { type Option, OPTIONS } from "../../src/cli/options.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { lines } from "./commands.ts";
import {
  displays,
  entries,
  MANUAL,
  plain,
  sections,
  source,
} from "./manual.ts";

const test = testsThatNeed("groff");

Deno.test("The manual page explains every option of the table, in its order, and no other", () => {
  const wanted = Object.entries<Option>(OPTIONS).map(
    ([name, { short, value }]) => {
      const argument = value === undefined ? "" : ` ${value}`;
      return `${short === undefined ? "" : `-${short}${argument}, `}--${name}` +
        argument;
    },
  );
  deepEqual(entries().map(({ head }) => head), wanted);
});

for (const [at, { head, text }] of entries().entries()) {
  Deno.test(`The manual page has something to say about ${head}`, () => {
    // More than its line of the help.
    const words = plain(text.join(" ")).split(/\s+/).length;
    ok(words >= 6, `${words} words`);
  });

  const option = Object.values<Option>(OPTIONS)[at];
  if (option?.choices === undefined) continue;
  Deno.test(`The manual page names what can be chosen for ${head}`, () => {
    const named = text.flatMap((line) => /^\.Cm (\S+)/.exec(line)?.[1] ?? []);
    deepEqual([...new Set(named)], option.choices);
  });
}

Deno.test("Elsewhere the manual page speaks of the program's own options only", () => {
  const known = new Set(
    Object.entries<Option>(OPTIONS).flatMap(([name, { short }]) => [
      `-${name}`,
      ...short === undefined ? [] : [short],
    ]),
  );
  // The original's other letter for help.
  known.add("?");
  const mentioned = source().flatMap((line) =>
    [...plain(line).matchAll(/\bFl (\S+)/g)].map(([, name]) => name!)
  );
  ok(mentioned.length > known.size);
  deepEqual(mentioned.filter((name) => !known.has(name)), []);
});

Deno.test("The manual page has the sections that a reader looks for", () => {
  deepEqual([...sections().keys()], [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "SIGNALS",
    "ENVIRONMENT",
    "FILES",
    "EXIT STATUS",
    "EXAMPLES",
    "NOTES",
    "DIFFERENCES FROM THE ORIGINAL",
    "SEE ALSO",
  ]);
});

Deno.test("What is to be copied from the manual page has real hyphens", () => {
  for (const text of displays()) {
    deepEqual(text.split("\n").filter((line) => /(?<!\\)-/.test(line)), []);
  }
});

test("groff finds no fault with the manual page", async () => {
  const args = ["-mdoc", "-ww", "-z", "-Tutf8", MANUAL];
  deepEqual(await lines("groff", args), []);
});

test("The manual page fits a terminal of 80 columns", async () => {
  const args = ["-mdoc", "-Tutf8", "-P-cbou", MANUAL];
  const page = await lines("groff", args);
  ok(page.length > 100);
  deepEqual(page.filter((line) => [...line].length > 80), []);
  ok(page.some((line) => line.includes("serve a host directory to QEMU")));
});
