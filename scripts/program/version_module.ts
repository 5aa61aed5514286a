/**
 * The module by which the programs know their version.
 *
 * They can't read deno.json, and to import it would put all of it into each
 * bundle, with comments that JSON does not have.
 *
 * @module
 */

/** Where it is, from the root of the checkout. */
export const VERSION_MODULE = "src/version.ts";

/** Its text, for the version that stands in deno.json. */
export function versionModule(version: string): string {
  return `/** The version of both programs: that of deno.json, by \`deno task generate\`. */
export const VERSION = ${JSON.stringify(version)};
`;
}
