/**
 * What Deno's runtime does by itself, and must not do in the jail.
 *
 * @module
 */

/** Deno would go its own ways in the jail; the message says how to keep it. */
export class RuntimeError extends Error {
  override name = "RuntimeError";
}

const NO_UPDATE_CHECK = "DENO_NO_UPDATE_CHECK";

/**
 * Refuses a runtime that looks for updates. It does so half a second after the
 * start, from another thread, by name: with the nsswitch.conf of the export,
 * and with the libraries that a guest has put there for it to load. A compiled
 * program does not look.
 *
 * @param environ the content of /proc/self/environ
 * @throws {RuntimeError}
 */
export function refuseUpdateCheck(environ: string): void {
  if (Deno.build.standalone) return;
  const entry = environ.split("\0").find((entry) =>
    entry.startsWith(`${NO_UPDATE_CHECK}=`)
  );
  if (entry !== undefined && entry !== `${NO_UPDATE_CHECK}=`) return;
  throw new RuntimeError(
    `Cannot start while Deno may look for updates from inside of the jail: set ${NO_UPDATE_CHECK}=1, as the launcher does`,
  );
}

/**
 * Makes the runtime load what it needs for errors and dates, while it still
 * can: after the chroot its files are gone, and the first formatted error
 * would end the process in a panic.
 */
export function touchRuntime(): void {
  void new Error("touch").stack;
  void new Date().toISOString();
}
