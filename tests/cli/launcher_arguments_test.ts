/**
 * The launcher reads the command line itself, to find the directory that it
 * has to grant: it must find what the program finds.
 */
import { deepEqual, equal } from "node:assert/strict";
import {
  type Grant,
  launcherGrant,
  programGrant,
} from "../support/launcher_grants.ts";
import fc from "fast-check";
import { parseArguments } from "../../src/cli/arguments.ts";
import { type Option, OPTIONS } from "../../src/cli/options.ts";
import { LAUNCHER } from "../support/helpers.ts";

/** What the launcher grants. */
const grant = (args: readonly string[]): Promise<Grant | undefined> =>
  launcherGrant(LAUNCHER, args, /src\/main\.ts|helper\.js/);

/** The directory that the launcher grants. */
async function granted(args: readonly string[]): Promise<string | undefined> {
  return (await grant(args))?.path;
}

/** Other options' values that could be taken for something else. */
const TRICKY = ["-p", "--path", "--path=/wrong", "-p/wrong", "--", "-n", "x"];

for (const [name, option] of Object.entries<Option>(OPTIONS)) {
  const { value, short } = option;
  if (value === undefined || name === "path") continue;
  const forms = (text: string) => [
    [`--${name}`, text],
    [`--${name}=${text}`],
    [`--${name.slice(0, -1)}`, text],
    ...short === undefined
      ? []
      : [[`-${short}`, text], [`-${short}${text}`], [`-n${short}`, text]],
  ];
  Deno.test(`The launcher passes over the value of --${name}, whatever it looks like`, async () => {
    for (const before of TRICKY.flatMap(forms)) {
      for (const path of [["-p", "/right"], ["-p/right"], ["--p=/right"]]) {
        const args = [...before, ...path];
        equal(await granted(args), "/right", args.join(" "));
      }
    }
  });
}

for (const [name, option] of Object.entries<Option>(OPTIONS)) {
  if (option.value !== undefined) continue;
  Deno.test(`The launcher knows that --${name} has no value, however short it is written`, async () => {
    const letters = option.short === undefined ? [] : [`-${option.short}`];
    for (let length = 1; length <= name.length; length++) {
      const short = name.slice(0, length);
      // These mean an option of the original's, which has a value.
      const other = name !== "socket" && "socket".startsWith(short);
      if (!"path".startsWith(short) && !other) letters.push(`--${short}`);
    }
    for (const before of letters) {
      equal(await granted([before, "-p", "/right"]), "/right", before);
    }
  });
}

Deno.test("The launcher grants the last of several directories, and nothing after --", async () => {
  equal(await granted(["-p", "/a", "-nf3", "--path=/b"]), "/b");
  equal(await granted(["-p", "/a", "--", "-p", "/b"]), "/a");
  equal(await granted(["-n", "--", "-p", "/b"]), undefined);
  equal(await granted(["-n", "-f", "3"]), undefined);
});

Deno.test("The launcher grants no writing with --readonly, wherever it stands and however it is written", async () => {
  const path = "/a";
  for (let length = 1; length <= "readonly".length; length++) {
    const option = `--${"readonly".slice(0, length)}`;
    for (const args of [[option, "-p", path], ["-np", path, option]]) {
      deepEqual(await grant(args), { path, writable: false });
    }
  }
  for (const args of [["-u", "--readonly"], ["--", "--readonly"], []]) {
    deepEqual(await grant(["-p", path, ...args]), { path, writable: true });
  }
});

/** Pieces of command lines, of which many make sense together. */
const PIECES = [
  ...Object.entries<Option>(OPTIONS).flatMap(([name, { short }]) => [
    `--${name}`,
    `--${name.slice(0, 2)}`,
    `--${name}=1`,
    ...short === undefined ? [] : [`-${short}`, `-${short}1`, `-n${short}`],
  ]),
  ...["-p", "-p/a", "-np/b", "--path=/c", "--pa", "/d", "/e", "1", "-", "--"],
  ...["debug", "json", "-n", "-nf3", "-f3", "-s/s", "-u1", "-g1"],
];

Deno.test("The launcher grants what the program reads, for any command line that the program takes", async () => {
  let taken = 0;
  const lines = fc.sample(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 7 }),
    { numRuns: 20_000, seed: 9 },
  );
  for (const args of lines) {
    const wanted = programGrant(parseArguments, args);
    if (wanted === undefined || taken === 250) continue;
    taken++;
    deepEqual(await grant(args), wanted, args.join(" "));
  }
  equal(taken, 250);
});
