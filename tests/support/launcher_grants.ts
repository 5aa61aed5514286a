/**
 * What the launcher grants Deno: the directory that it reads from the command line.
 *
 * @module
 */
import { equal, match } from "node:assert/strict";
import { run } from "./programs.ts";

/** Shows how it was called, in place of Deno. */
export const ECHOING_DENO =
  new URL("../fixtures/echoing_deno", import.meta.url).pathname;

/** A directory, and whether it may be written to. */
export interface Grant {
  readonly path: string;
  readonly writable: boolean;
}

/**
 * What a launcher grants, by a Deno that only says with which arguments it was
 * called; undefined where it has found no directory.
 *
 * @param calls what Deno has to be called with, besides
 */
export async function launcherGrant(
  launcher: string,
  args: readonly string[],
  calls: RegExp,
): Promise<Grant | undefined> {
  const { code, stdout: said, stderr } = await run([launcher, ...args], {
    env: { DENO: ECHOING_DENO },
  });
  equal(code, 0, stderr);
  match(said, /^run --quiet --no-prompt .* -P=helper /);
  match(said, calls);
  const [, path, write] =
    / -P=helper --allow-read=(\S+)(?: --allow-write=(\S+))? /.exec(said) ?? [];
  if (path === undefined) return undefined;
  equal(write ?? path, path);
  return { path, writable: write !== undefined };
}

/**
 * What a program itself would take the directory for; undefined where it would
 * serve none.
 *
 * @param parse reads a command line, and throws where it can't be meant
 */
export function programGrant(
  parse: (args: readonly string[]) =>
    | {
      readonly kind: "serve";
      readonly path: string;
      readonly jail: { readonly readOnly: boolean };
    }
    | { readonly kind: "help" | "version" | "capabilities" },
  args: readonly string[],
): Grant | undefined {
  try {
    const command = parse(args);
    if (command.kind !== "serve") return undefined;
    return { path: command.path, writable: !command.jail.readOnly };
  } catch {
    return undefined;
  }
}
