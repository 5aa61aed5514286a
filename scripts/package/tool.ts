/**
 * The programs that make packages.
 *
 * @module
 */
import { outputOf } from "../program/children.ts";

/**
 * Runs a program to its end.
 *
 * @returns what it has printed
 * @throws {Error} where it is missing or fails; the message has what it has printed
 */
export async function runTool(
  program: string,
  args: readonly string[],
  { env, cwd = "." }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
  } = {},
): Promise<string> {
  const { success, code, stdout, stderr } = await outputOf(program, {
    args: [...args],
    cwd,
    // What a make that started this has told its children is not for these.
    env: { LC_ALL: "C.UTF-8", MAKEFLAGS: "", NO_COLOR: "1", ...env },
    stdin: "null",
  });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (success) return text(stdout);
  throw new Error(
    `${program} failed: ${text(stderr) || `it ended with status ${code}`}`,
  );
}
