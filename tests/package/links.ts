/**
 * The links of documents that are installed.
 *
 * @module
 */
import { below } from "./support.ts";

/**
 * The links between files that lead to nothing, each as `FILE: TARGET`.
 *
 * @param directory has the documents, also in directories below
 */
export function brokenLinks(directory: string): string[] {
  const files = below(directory);
  return files.filter((file) => file.endsWith(".md")).flatMap((file) =>
    linksOf(directory, file).filter((link) => {
      const { pathname, hash } = new URL(link, `file://${file}`);
      return !files.includes(pathname) ||
        hash !== "" && !headings(directory, pathname).includes(hash.slice(1));
    }).map((link) => `${file}: ${link}`)
  );
}

function linksOf(directory: string, file: string): string[] {
  const text = Deno.readTextFileSync(directory + file);
  return [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)]
    .map(([, link]) => link!);
}

/** The names by which a link leads to a heading, as forges make them. */
function headings(directory: string, file: string): string[] {
  const text = Deno.readTextFileSync(directory + file);
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(
      " ",
      "-",
    )
  );
}
