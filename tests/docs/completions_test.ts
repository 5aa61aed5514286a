/** The shell completions of all programs offer all of their options. */
import { deepEqual } from "node:assert/strict";
import { PROGRAMS } from "../../scripts/completions/files.ts";
import { spellings } from "../../scripts/completions/table.ts";
import { lines } from "./commands.ts";
import { completionOf, FILES } from "./completions.ts";

for (const { program, options, operands } of PROGRAMS) {
  const { test, inBash, inFish, inZsh } = completionOf(program);
  const names = options.flatMap(({ long }) =>
    long === undefined ? [] : [`--${long}`]
  );

  test("fish", "finds no fault with its completion", async () => {
    const args = ["--no-execute", FILES.fish(program)];
    deepEqual(await lines("fish", args), []);
  });

  test("zsh", "finds no fault with its completion", async () => {
    deepEqual(await lines("zsh", ["-f", "-n", FILES.zsh(program)]), []);
  });

  test(
    "bash",
    "offers every option of the table where one can stand",
    async () => {
      const all = options.flatMap(spellings);
      const after = `--${options[0]!.long}`;
      for (const words of [[""], ["-"], ["-h", ""], [after, "/srv", "-"]]) {
        // Options are offered for nothing at all where there is nothing else.
        if (operands !== undefined && words.at(-1) === "") continue;
        deepEqual(await inBash(words), all, words.join(" "));
      }
    },
  );

  test("fish", "offers every option of the table", async () => {
    // With = a second time where a value may be left out.
    const offered = await inFish("--");
    deepEqual(
      [...new Set(offered.map((offer) => offer.replace(/=$/, "")))],
      names.toSorted(),
    );
    const letters = options.flatMap(({ short }) =>
      short === undefined ? [] : [`-${short}`]
    );
    deepEqual(
      (await inFish("-")).filter((offer) => !offer.startsWith("--")),
      letters.sort(),
    );
  });

  test("zsh", "completes the name of every option of the table", async () => {
    // After a name with which a longer one begins it waits.
    const unique = options.filter(({ long }) =>
      long !== undefined &&
      names.filter((other) => other.startsWith(`--${long}`)).length === 1
    );
    deepEqual(
      await inZsh(unique.map(({ long }) => `--${long}`)),
      unique.map(({ long, value }) =>
        `--${long}${value === undefined ? " " : "="}`
      ),
    );
  });
}
