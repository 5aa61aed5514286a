/**
 * What Deno's runtime does late, done early.
 *
 * @module
 */

/**
 * Makes the runtime load what it needs for errors and dates, while it still
 * can: after the chroot its files are gone, and the first formatted error
 * would end the process in a panic.
 */
export function touchRuntime(): void {
  void new Error("touch").stack;
  void new Date().toISOString();
}
