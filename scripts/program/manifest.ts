/**
 * Reads deno.json.
 *
 * @module
 */

/** A permission set of deno.json: what it has for each permission. */
export type PermissionSet = Readonly<
  Record<string, boolean | readonly string[] | { readonly deny: true }>
>;

/** The parts of it that are read. */
export interface Manifest {
  readonly version: string;
  readonly tasks: Readonly<Record<string, { readonly command?: string }>>;
  readonly permissions: Readonly<Record<string, PermissionSet>>;
  readonly test: { readonly permissions: PermissionSet };
}

/** JSON.parse() knows no comments; those of deno.json have lines of their own. */
export function readManifest(): Manifest {
  const path = new URL("../../deno.json", import.meta.url);
  return JSON.parse(
    Deno.readTextFileSync(path).replaceAll(/^\s*\/\/.*$/gm, ""),
  );
}
