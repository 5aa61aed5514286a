/** What the documents say that can be held against the program. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { parseArguments } from "../../src/cli/arguments.ts";
import { type Option, OPTIONS } from "../../src/cli/options.ts";
import { lines, ROOT } from "./commands.ts";
import { displays, plain } from "./manual.ts";

/** All of them, by their paths. */
const DOCUMENTS = new Map(
  ["", "docs/"].flatMap((directory) =>
    [...Deno.readDirSync(`${ROOT}/${directory}`)]
      .filter(({ name }) => name.endsWith(".md"))
      .map(({ name }) => `${directory}${name}`)
  ).map((path) => [path, Deno.readTextFileSync(`${ROOT}/${path}`)]),
);
const README = DOCUMENTS.get("README.md")!;
const FENCED = /^```.*\n([^]*?)\n```$/gm;

/** The first groups of all matches. */
function found(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, group]) => group!);
}

/** Code in the middle of a sentence. */
function inlineCode(text: string): string[] {
  return found(text.replace(FENCED, ""), /`([^`]+)`/g);
}

for (const name of ["SECURITY.md", "PERFORMANCE.md"]) {
  Deno.test(`${name} has less than 800 words`, () => {
    const words = DOCUMENTS.get(name)!.split(/\s+/).filter((word) => word);
    ok(words.length < 800, `${words.length} words`);
  });
}

Deno.test("Each task that a document names is one of deno.json", async () => {
  const listed = await lines(Deno.execPath(), ["task"], { NO_COLOR: "1" });
  const tasks = found(listed.join("\n"), /^- (\S+)$/gm);
  ok(tasks.length > 5);
  const named = [...DOCUMENTS.values()]
    .flatMap((text) => found(text, /\bdeno(?:@\S+)? task ([a-z][a-z:]*)/g));
  deepEqual(named.filter((name) => !tasks.includes(name)), []);
});

for (const [path, text] of DOCUMENTS) {
  Deno.test(`${path} names files that there are`, () => {
    const directory = path.slice(0, path.lastIndexOf("/") + 1);
    const links = found(text, /\]\((?!https?:)([^)#]+)\)/g)
      .map((link) => directory + link);
    const names = inlineCode(text)
      .filter((code) => /^(?:ffi|scripts|src|tests)\/[^\s<>…*]+$/.test(code));
    for (const name of [...links, ...names]) {
      Deno.lstatSync(`${ROOT}/${name}`);
    }
  });
}

/** What a reader has to put a number for. */
const NUMBERS: Readonly<Record<string, string>> = {
  FD: "3",
  UID: "0",
  GID: "0",
};

/** Commands of the program in a text, as arguments. */
function commands(text: string): string[][] {
  return found(
    text.replaceAll("\\\n", " "),
    /(?:\/|^|\s|=)(?:virtfs-proxy-helper)(?= -)(.*)/gm,
  ).map((args) =>
    args.trim().split(/\s+/).map((word) => NUMBERS[word] ?? word)
  );
}

for (
  const [where, texts] of [
    ["The manual page", displays().map(plain)],
    ["README.md", found(README, FENCED)],
  ] as const
) {
  const examples = texts.flatMap(commands);

  Deno.test(`${where} has examples`, () => {
    ok(examples.length >= 2, `${examples.length} examples`);
  });

  for (const args of examples) {
    Deno.test(`${where} gives arguments that are taken: ${args.join(" ")}`, () => {
      equal(parseArguments(args).kind, "serve");
    });
  }
}

/** Options of other programs that README.md speaks of. */
const FOREIGN = ["--user", "--map-root-user", "--mount"];

Deno.test("README.md speaks of options that there are", () => {
  const known = Object.entries<Option>(OPTIONS).flatMap(
    ([name, { short }]) => [`--${name}`, `-${short ?? name}`],
  );
  const mentioned = inlineCode(README)
    .flatMap((code) => code.split(/\s+/))
    .filter((word) => /^--?[A-Za-z]/.test(word));
  ok(mentioned.length > 0);
  deepEqual(
    mentioned.filter((word) => ![...known, ...FOREIGN].includes(word)),
    [],
  );
});
