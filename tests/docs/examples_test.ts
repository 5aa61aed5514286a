/** Commands that a reader may copy are commands that the program takes. */
import { equal, ok } from "node:assert/strict";
import { parseArguments } from "../../src/cli/arguments.ts";
import { type Option, OPTIONS } from "../../src/cli/options.ts";
import { ROOT } from "./commands.ts";
import { displays, plain } from "./manual.ts";

/** What a reader has to put a number for. */
const NUMBERS: Readonly<Record<string, string>> = {
  FD: "3",
  UID: "0",
  GID: "0",
};

/** Commands of the program in a text, as arguments. */
function commands(text: string): string[][] {
  return text.replaceAll("\\\n", " ").split("\n").flatMap((line) => {
    const found = /(?:\/|^|\s|=)(?:virtfs-proxy-helper|mod\.ts)(?= -)(.*)/
      .exec(line);
    return found === null ? [] : [
      found[1]!.trim().split(/\s+/).map((word) => NUMBERS[word] ?? word),
    ];
  });
}

const readme = Deno.readTextFileSync(`${ROOT}/README.md`);
const fenced = [...readme.matchAll(/^```.*\n([^]*?)\n```$/gm)]
  .map(([, text]) => text!);

for (
  const [where, texts] of [
    ["The manual page", displays().map(plain)],
    ["README.md", fenced],
  ] as const
) {
  const found = texts.flatMap(commands);

  Deno.test(`${where} has examples`, () => {
    ok(found.length >= 2, `${found.length} examples`);
  });

  for (const args of found) {
    Deno.test(`${where} gives arguments that are taken: ${args.join(" ")}`, () => {
      equal(parseArguments(args).kind, "serve");
    });
  }
}

/** Options of other programs that README.md speaks of. */
const FOREIGN =
  /^(?:-P=\S+|--allow-(?:read|write)\S*|-fsdev|-device|--user|--map-root-user|--mount|--yes)$/;

Deno.test("README.md speaks of options that there are", () => {
  const known = Object.entries<Option>(OPTIONS).flatMap(
    ([name, { short }]) => [`--${name}`, `-${short ?? name}`],
  );
  const prose = readme.replace(/^```.*\n[^]*?\n```$/gm, "");
  const mentioned = [...prose.matchAll(/`([^`]+)`/g)]
    .flatMap(([, code]) => code!.split(/\s+/))
    .filter((word) => /^--?[A-Za-z]/.test(word))
    .map((word) => FOREIGN.test(word) ? word : word.replace(/=.*/, ""));
  ok(mentioned.length > 0);
  for (const word of mentioned) {
    ok(FOREIGN.test(word) || known.includes(word), `there is no ${word}`);
  }
});
