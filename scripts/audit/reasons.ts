/**
 * Why some sets may have everything of a kind.
 *
 * @module
 */

const DENO_ITSELF = "it starts Deno, whose path is not known beforehand";

/** By set and permission. Everything without a reason here fails the audit. */
export const WIDE: Readonly<Record<string, string>> = {
  "compiled.read":
    "which directory will be exported is not known when it is compiled; `deno task compile DIR` grants that one alone",
  "compiled.write": "the same",
  "compiler.run": DENO_ITSELF,
  "guest.read": "a person shares any directory with the guest",
  "measure.run": `${DENO_ITSELF}, and any two helpers to compare`,
  "runner.run": DENO_ITSELF,
  "audit.run": DENO_ITSELF,
  "test.run": `${DENO_ITSELF}, and is where the helper is started in many ways`,
};
