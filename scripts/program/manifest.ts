/**
 * deno.json.
 *
 * @module
 */
import type { PermissionSet } from "../audit/judge.ts";

/** What programs here read of it. */
export interface Manifest {
  readonly version: string;
  readonly tasks: Readonly<Record<string, { readonly command?: string }>>;
  readonly permissions: Readonly<Record<string, PermissionSet>>;
  readonly test: { readonly permissions: PermissionSet };
}

/** Reads it. Its comments have lines of their own, which JSON.parse() would refuse. */
export function readManifest(): Manifest {
  const path = new URL("../../deno.json", import.meta.url);
  return JSON.parse(
    Deno.readTextFileSync(path).replaceAll(/^\s*\/\/.*$/gm, ""),
  );
}
