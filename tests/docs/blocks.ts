/**
 * What the documents tell a reader to type or to write into a file: their fenced
 * blocks. Each is run, as it is written, by a test that takes it by
 * {@linkcode block}, or stands with a reason in `not_run.ts`. `blocks_test.ts`
 * fails where one is neither.
 *
 * @module
 */
import { ROOT } from "./commands.ts";

/** Documents whose commands are not for a reader to run: records, and what a report has to say. */
const RECORDS: readonly string[] = ["CHANGELOG.md", "SECURITY.md"];

/** What stands between two lines of three backticks. */
export interface Block {
  /** The path from the root of the sources. */
  readonly document: string;
  /** The word behind the backticks, `sh` or `xml` say; `text` is only shown. */
  readonly language: string;
  /** Its lines, without a newline at the end, and without the indent of the list that it stands in. */
  readonly text: string;
}

/** A block that somebody takes, or leaves out with a reason: the one of `document` that has `words`. */
export interface Claim {
  readonly document: string;
  readonly words: string;
}

/** The paths of all documents with commands. */
export function documents(): string[] {
  return ["", "docs/"].flatMap((directory) =>
    [...Deno.readDirSync(`${ROOT}/${directory}`)]
      .filter(({ name }) => name.endsWith(".md") && !RECORDS.includes(name))
      .map(({ name }) => `${directory}${name}`)
  ).sort();
}

/** All blocks of a document, in their order. */
export function blocksOf(document: string): Block[] {
  const markdown = Deno.readTextFileSync(`${ROOT}/${document}`);
  return [...markdown.matchAll(/^( *)```(.*)\n([^]*?)^\1```$/gm)].map((
    [, indent = "", language = "", text = ""],
  ) => ({
    document,
    language: language.trim(),
    text: text.split("\n").map((line) =>
      line.startsWith(indent) ? line.slice(indent.length) : line
    ).join("\n").replace(/\n$/, ""),
  }));
}

/** The blocks that a claim is about: one, if it is right. Words may end with a newline. */
export function claimed({ document, words }: Claim): Block[] {
  return blocksOf(document).filter(({ text }) => `${text}\n`.includes(words));
}

/**
 * The text of the one block of `document` that has `words`, for a test that runs
 * it. Both have to be literals: {@linkcode claimsOfTests} finds them in the
 * test's source.
 *
 * @throws {Error} where no block has them, or more than one
 */
export function block(document: string, words: string): string {
  const found = claimed({ document, words });
  if (found.length === 1) return found[0]!.text;
  throw new Error(
    `${found.length} blocks of ${document} have ${JSON.stringify(words)}`,
  );
}

/** A claim, and the test's file that has it. */
export interface TestClaim extends Claim {
  readonly test: string;
}

const CALL = /\bblock\(\s*("[^"]+\.md"),\s*("(?:[^"\\]|\\.)*"),?\s*\)/g;

/** What the sources of the tests take by {@linkcode block}. */
export function claimsOfTests(): TestClaim[] {
  return sources("tests").flatMap((test) =>
    [...Deno.readTextFileSync(`${ROOT}/${test}`).matchAll(CALL)].map((
      [, document = "", words = ""],
    ) => ({ test, document: JSON.parse(document), words: JSON.parse(words) }))
  );
}

/** The files of a directory and those below it that are TypeScript. */
function sources(directory: string): string[] {
  return [...Deno.readDirSync(`${ROOT}/${directory}`)].flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) return sources(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}
