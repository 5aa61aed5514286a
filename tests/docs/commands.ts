/**
 * Programs that judge what is written for them.
 *
 * @module
 */
import { deepEqual } from "node:assert/strict";

/** The directory of the program's sources. */
export const ROOT = new URL("../..", import.meta.url).pathname
  .replace(/\/$/, "");

/** The lines that a program prints at the root of the sources; it must succeed, and print nothing to stderr. */
export async function lines(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    env: { LC_ALL: "C.UTF-8", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  deepEqual({ code, stderr: text(stderr) }, { code: 0, stderr: "" });
  return text(stdout).split("\n").slice(0, -1);
}
