/**
 * Programs of Debian 13, for tests.
 *
 * @module
 */
import type { Parts } from "../../../scripts/guest/programs.ts";
import * as trixie from "../../../scripts/guest/trixie.ts";
import { exists, runnerDirectory } from "../../support/workspace.ts";

let virtiofsd: string[] | undefined | null = null;
let parts: Parts | undefined | null = null;

/** The command that runs virtiofsd 1.13, or undefined where it cannot be had. */
export function trixieVirtiofsd(): string[] | undefined {
  if (virtiofsd === null) virtiofsd = had("virtiofsd", trixie.trixieVirtiofsd);
  return virtiofsd;
}

/** What a guest of QEMU 10.0 and Linux 6.12 is made of, or undefined where it cannot be had. */
export function trixieParts(busybox: string): Parts | undefined {
  if (parts === null) parts = had("qemu", () => trixie.trixieParts(busybox));
  return parts;
}

/** What `get` returns, or undefined where it fails. */
function had<T>(name: string, get: () => T): T | undefined {
  // Of all modules of a run only the first one tries.
  const directory = runnerDirectory();
  const failed = `${directory}/no-${name}`;
  if (directory !== undefined && exists(failed)) return undefined;
  try {
    return get();
  } catch (error) {
    if (directory !== undefined) Deno.writeTextFileSync(failed, "");
    console.error((error as Error).message);
    return undefined;
  }
}
