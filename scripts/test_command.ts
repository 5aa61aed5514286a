/**
 * How the tests are started.
 *
 * @module
 */

/**
 * Arguments for Deno, run in the root of the checkout.
 *
 * The lock file is the tests' own: `deno task` fetches all packages of the
 * project's lock file before each task, and only tests need any.
 */
export const TEST_COMMAND: readonly string[] = [
  "test",
  "-P",
  "--lock=tests/deno.lock",
  "--frozen",
];
