/**
 * Files that Deno makes of the sources, in `dist/`.
 *
 * @module
 */
import { outputOf } from "./program/children.ts";
import { Made, TemporaryDirectory } from "./program/clean_up.ts";

export const DIST = "dist";

/** The programs: their names, where each begins, and what it is in one file. */
export const PROGRAMS = [
  {
    name: "virtfs-proxy-helper",
    main: "src/main.ts",
    bundle: "helper.js",
  },
  {
    name: "virtfs-vhost-helper",
    main: "src/vhost_user_fs/main.ts",
    bundle: "vhost-helper.js",
  },
] as const;

/** What is installed beside them, as a bundle only: it is a tool that needs Deno. */
export const TOOLS = [
  { name: "virtfs-top", main: "scripts/top.ts", bundle: "top.js" },
] as const;

/** A file to be made. */
export interface Product {
  /** Its name in `dist/`. */
  readonly name: string;
  /** The Deno to run. */
  readonly deno: string;
  /** Deno's arguments, given the path to write to. */
  readonly args: (output: string) => readonly string[];
  /** What Deno fetches for that if its cache is without, and what to do where it can't. */
  readonly fetched: string;
  readonly instead: string;
}

/**
 * Makes a file, which appears when it is complete: the launcher would run a part
 * of it.
 *
 * @returns its path
 * @throws {Error} where it can't be made; the message says why
 */
export async function make(product: Product): Promise<string> {
  const path = `${DIST}/${product.name}`;
  await using _directory = new DistDirectory();
  await using scratch = new TemporaryDirectory(DIST, ".new-");
  const output = `${scratch.path}/${product.name}`;
  const { success, code, stdout, stderr } = await outputOf(product.deno, {
    args: [...product.args(output)],
    env: { NO_COLOR: "1" },
    stdin: "null",
  });
  Deno.stdout.writeSync(stdout);
  if (!success) {
    throw new Error(
      `Cannot make ${path}: ${
        explain(new TextDecoder().decode(stderr), product) ||
        `${product.deno} ended with status ${code}`
      }`,
    );
  }
  Deno.renameSync(output, path);
  return path;
}

/** `dist/`. It is made where it is missing, and removed again if it stays empty. */
export class DistDirectory extends Made {
  constructor() {
    super(() => {
      try {
        Deno.removeSync(DIST);
      } catch {
        // There is something in it.
      }
    });
    Deno.mkdirSync(DIST, { recursive: true });
  }
}

/** What Deno printed when it failed, in the words of this program. */
export function explain(
  printed: string,
  { fetched, instead }: Pick<Product, "fetched" | "instead">,
): string {
  const text = printed.replace(/\n+Stack backtrace:[^]*/, "").trim();
  const [said = "", ...causes] = text.replace(/^error: /, "")
    .split(/\n\nCaused by:\n|\n(?= {4}\d+: )/)
    .map((line) => line.replace(/^ {4}(?:\d+: )?/, "").trim());
  const [, url] = /\b(https?:\/\/[^\s)]+)/.exec(text) ?? [];
  if (url !== undefined && causes.length > 0) {
    const reason = causes.at(-1)!.split(": ").at(-1);
    return `${fetched} can't be fetched: ${reason} (${url})\n` +
      "Connect to the network (behind a certification authority of your own " +
      `with DENO_TLS_CA_STORE=system), or ${instead}`;
  }
  return causes.filter((cause) => cause !== "").join(": ") || said;
}
