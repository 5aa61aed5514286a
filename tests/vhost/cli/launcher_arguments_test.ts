/**
 * The launcher reads the command line itself, to find the directory that it
 * has to grant: it must find what the program finds.
 */
import { deepEqual, equal } from "node:assert/strict";
import {
  ECHOING_DENO,
  type Grant,
  launcherGrant,
  programGrant,
} from "../../support/launcher_grants.ts";
import fc from "fast-check";
import { parseArguments } from "../../../src/vhost_user_fs/cli/arguments.ts";
import {
  isLongOption,
  type Option,
  OPTIONS,
} from "../../../src/vhost_user_fs/cli/options.ts";
import { run } from "../../support/programs.ts";
import { LAUNCHER } from "../support/helper.ts";

/** What the launcher grants. */
const grant = (args: readonly string[]): Promise<Grant | undefined> =>
  launcherGrant(LAUNCHER, args, /\/vhost/);

const RIGHT: Grant = { path: "/right", writable: true };
/** Each way to name the directory. */
const WAYS = [
  ...[["--shared-dir", "/right"], ["--shared-dir=/right"]],
  ...[["-o", "source=/right"], ["-osource=/right"], ["-o=source=/right"]],
  ...[["-dfo", "xattr,source=/right,cache=none"], ["-fosource=/right,xattr"]],
];

/** Other options' values that could be taken for something else. */
const TRICKY = ["--shared-dir=/wrong", "-osource=/wrong", "--", "-o", "x"];

for (const way of WAYS) {
  Deno.test(`The launcher grants the directory of ${way.join(" ")}`, async () => {
    deepEqual(await grant(way), RIGHT);
    deepEqual(await grant([...way, "--fd=3"]), RIGHT);
    deepEqual(await grant(["--shared-dir=/left", ...way]), RIGHT);
    deepEqual(await grant(["-o", "source=/left", ...way]), RIGHT);
  });
}

for (const [name, option] of Object.entries<Option>(OPTIONS)) {
  const { value, bare, equals, short } = option;
  if (name === "shared-dir" || name === "compat" || name === "readonly") {
    continue;
  }
  if (value === undefined) {
    Deno.test(`The launcher knows that --${name} has no value`, async () => {
      const forms = isLongOption(name) ? [`--${name}`] : [];
      if (short !== undefined) forms.push(`-${short}`);
      for (const form of forms) {
        deepEqual(await grant([form, ...WAYS[0]!]), RIGHT, form);
        deepEqual(await grant([form, ...WAYS[2]!]), RIGHT, form);
      }
    });
    continue;
  }
  Deno.test(`The launcher passes over the value of --${name}, whatever it looks like`, async () => {
    const alone = bare !== undefined || equals;
    for (const text of TRICKY) {
      for (
        const form of [
          [`--${name}=${text}`],
          alone ? [`--${name}`] : [`--${name}`, text],
        ]
      ) {
        deepEqual(await grant([...form, ...WAYS[0]!]), RIGHT, form.join(" "));
      }
    }
  });
}

for (
  const [words, path] of [
    ["source=/a,,b", "/a,b"],
    ["source=/a,,,xattr", "/a,"],
    ["source=/a,,,,b", "/a,,b"],
    ["source=/a,,", "/a,"],
    [",source=/a,", "/a"],
    ["xattr,,source=/a", undefined],
    ["xattr,source=/a,source=/b", "/b"],
    ["resource=/a", undefined],
    ["source=/o/so/foo", "/o/so/foo"],
  ] as const
) {
  Deno.test(`The launcher finds ${path ?? "no directory"} in -o ${words}`, async () => {
    const comma = path?.includes(",") ?? false;
    for (const form of [["-o", words], [`-o${words}`]]) {
      if (!comma) deepEqual((await grant(form))?.path, path);
      else {
        // It would be entered, if it were there.
        const { stderr } = await run([LAUNCHER, ...form], {
          env: { DENO: ECHOING_DENO },
        });
        equal(
          stderr,
          `virtfs-vhost-helper: error: Cannot share ${path}: no such directory\n`,
        );
      }
    }
  });
}

Deno.test("The launcher grants no writing with --readonly, wherever it stands", async () => {
  for (const way of WAYS) {
    const wanted = { ...RIGHT, writable: false };
    deepEqual(await grant(["--readonly", ...way]), wanted);
    deepEqual(await grant([...way, "--readonly"]), wanted);
  }
  deepEqual(await grant(["--tag", "--readonly", ...WAYS[0]!]), RIGHT);
});

/** Pieces of command lines, of which many make sense together. */
const PIECES = [
  ...Object.entries<Option>(OPTIONS).flatMap(([name, { short, choices }]) => [
    ...isLongOption(name) ? [`--${name}`] : [],
    ...choices === undefined ? [] : [choices[0]!, `--${name}=${choices[0]}`],
    ...short === undefined ? [] : [`-${short}`, `-f${short}`],
  ]),
  ...WAYS.flat(),
  ...["-o", "source=/b,xattr", "-osource=/bo", "-dosource=/c", "-o=source=/d"],
  ...["--shared-dir=/e", "--fd=3", "--fd", "3", "--socket-path=/s", "0", "--"],
  ...["--shared-dir", "/f", "--tag", "--tag=x", "-do"],
];

Deno.test("The launcher grants what the program reads, for any command line that the program takes", async () => {
  let taken = 0;
  const lines = fc.sample(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 7 }),
    { numRuns: 60_000, seed: 11 },
  );
  for (const args of lines) {
    const wanted = programGrant(parseArguments, [...args, "--fd=3"]);
    // One with a comma is entered, and has to be there.
    if (wanted === undefined || wanted.path.includes(",")) continue;
    if (taken === 200) break;
    taken++;
    deepEqual(await grant([...args, "--fd=3"]), wanted, args.join(" "));
  }
  equal(taken, 200);
});
