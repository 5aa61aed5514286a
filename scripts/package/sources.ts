/**
 * The sources, as a list of names.
 *
 * @module
 */

/** What there is in a checkout, but for what was made and what is the repository's own. */
export const SOURCES: readonly string[] = [
  ...[".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile"],
  ...["PERFORMANCE.md", "README.md", "SECURITY.md", "completions", "contrib"],
  ...["deno.json", "docs", "ffi", "man", "mod.ts", "scripts", "src", "tests"],
];
