/** What the documents say that can be held against the program. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { parseArguments } from "../../src/cli/arguments.ts";
import { PROGRAMS } from "../../scripts/completions/files.ts";
import { spellings } from "../../scripts/completions/table.ts";
import { parseArguments as parseVhostArguments } from "../../src/vhost_user_fs/cli/arguments.ts";
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

/** A README for two programs; the others are for one reader with one question. */
const MOST_WORDS = {
  "README.md": 1300,
  "SECURITY.md": 800,
  "PERFORMANCE.md": 800,
};

for (const [name, most] of Object.entries(MOST_WORDS)) {
  Deno.test(`${name} has less than ${most} words`, () => {
    const words = DOCUMENTS.get(name)!.split(/\s+/).filter((word) => word);
    ok(words.length < most, `${words.length} words`);
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

Deno.test("docs/README.md has a line for each page beside it", () => {
  const linked = found(DOCUMENTS.get("docs/README.md")!, /\]\(([^)]+)\)/g)
    .map((name) => `docs/${name}`);
  const pages = [...DOCUMENTS.keys()].filter((path) =>
    path.startsWith("docs/") && path !== "docs/README.md"
  );
  deepEqual(linked.sort(), pages.sort());
});

/** What a reader has to put a number for. */
const NUMBERS: Readonly<Record<string, string>> = {
  FD: "3",
  UID: "0",
  GID: "0",
};

/** How the programs read their arguments. */
const PARSERS = {
  "virtfs-proxy-helper": parseArguments,
  "virtfs-vhost-helper": parseVhostArguments,
};
const NAMES = Object.keys(PARSERS) as (keyof typeof PARSERS)[];

/** Commands of a program in a text, as arguments. */
function commands(program: string, text: string): string[][] {
  return found(
    text.replaceAll("\\\n", " "),
    new RegExp(`(?:/|^|\\s|=)(?:${program})(?= -)(.*)`, "gm"),
  ).map((args) =>
    args.replace(/&$/, "").trim().split(/\s+/).map((word) =>
      NUMBERS[word] ?? word
    )
  );
}

for (
  const [where, program, texts] of [
    ...NAMES.map((program) =>
      ["The manual page", program, displays(program).map(plain)] as const
    ),
    ...NAMES.map((program) =>
      ["README.md", program, found(README, FENCED)] as const
    ),
  ] as const
) {
  const examples = texts.flatMap((text) => commands(program, text));

  Deno.test(`${where} has examples of ${program}`, () => {
    ok(examples.length > 0);
  });

  for (const args of examples) {
    Deno.test(`${where} gives arguments that ${program} takes: ${args.join(" ")}`, () => {
      equal(PARSERS[program](args).kind, "serve");
    });
  }
}

/** Options of other programs that README.md speaks of. */
const FOREIGN = ["--user", "--map-root-user", "--mount", "--virtiofs"];

Deno.test("README.md speaks of options that there are", () => {
  const known = PROGRAMS.flatMap(({ options }) => options.flatMap(spellings));
  const mentioned = inlineCode(README)
    .flatMap((code) => code.split(/\s+/))
    .filter((word) => /^--?[A-Za-z]/.test(word));
  ok(mentioned.length > 0);
  deepEqual(
    mentioned.filter((word) => ![...known, ...FOREIGN].includes(word)),
    [],
  );
});
