/**
 * virtiofsd of Debian 13, for tests.
 *
 * @module
 */
import { trixieVirtiofsd as command } from "../../../scripts/program/trixie_virtiofsd.ts";
import { runnerDirectory } from "../../support/workspace.ts";

let found: string[] | undefined | null = null;

/** The command that runs it, or undefined where it cannot be had. */
export function trixieVirtiofsd(): string[] | undefined {
  if (found === null) found = fetched();
  return found;
}

function fetched(): string[] | undefined {
  // Of all modules of a run only the first one tries.
  const directory = runnerDirectory();
  const failed = `${directory}/no-virtiofsd`;
  if (directory !== undefined && exists(failed)) return undefined;
  try {
    return command();
  } catch (error) {
    if (directory !== undefined) Deno.writeTextFileSync(failed, "");
    console.error((error as Error).message);
    return undefined;
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
