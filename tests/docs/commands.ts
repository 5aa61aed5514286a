/**
 * Programs that judge what is written for them.
 *
 * @module
 */

/** The directory of the program's sources. */
export const ROOT = new URL("../..", import.meta.url).pathname
  .replace(/\/$/, "");

/** What a program said. */
export interface Verdict {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program at the root of the sources. */
export async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Verdict> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    env: { LC_ALL: "C.UTF-8", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
