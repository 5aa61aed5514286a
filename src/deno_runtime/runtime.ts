/**
 * What Deno's runtime does and has by itself, and must not in the jail.
 *
 * @module
 */
import type { Mapping, OpenFileCalls } from "../../ffi/open_files.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";
import { StartError } from "../errors.ts";

const NO_UPDATE_CHECK = "DENO_NO_UPDATE_CHECK";

/**
 * Refuses a runtime that looks for updates. It does so half a second after the
 * start, from another thread, by name: with the nsswitch.conf of the export,
 * and with the libraries that a guest has put there for it to load. A compiled
 * program does not look.
 *
 * @param environ the content of /proc/self/environ
 * @throws {StartError}
 */
export function refuseUpdateCheck(environ: string): void {
  if (Deno.build.standalone) return;
  const entry = environ.split("\0").find((entry) =>
    entry.startsWith(`${NO_UPDATE_CHECK}=`)
  );
  if (entry !== undefined && entry !== `${NO_UPDATE_CHECK}=`) return;
  throw new StartError(
    `Cannot start while Deno may look for updates from inside of the jail: set ${NO_UPDATE_CHECK}=1, as the launcher does`,
  );
}

const NO_CODE_CACHE = "--no-code-cache";

/**
 * Refuses a runtime that caches code: once the program is loaded it reads each
 * module again, on the main thread, by a name that is the guest's by then, and
 * locks its data base, which the filter forbids. A compiled program does not.
 *
 * @param cmdline the content of /proc/self/cmdline
 * @throws {StartError}
 */
export function refuseCodeCache(cmdline: string): void {
  if (Deno.build.standalone || cmdline.split("\0").includes(NO_CODE_CACHE)) {
    return;
  }
  throw new StartError(
    `Cannot start while Deno fills its code cache from inside of the jail: add ${NO_CODE_CACHE} behind deno run, as the launcher does`,
  );
}

/**
 * Keeps the runtime from looking for files by itself, on the main thread, from
 * here on.
 *
 * An error gets no stack any more: to format one, and to report one that nobody
 * has caught, Deno looks for the source map of each module in it, by name, and
 * waits for what it finds. What a date takes is loaded now.
 */
export function touchRuntime(): void {
  Error.stackTraceLimit = 0;
  void new Date().toISOString();
}

/**
 * Takes Deno's caches of modules away from it: databases of SQLite, which stay
 * open and mapped for writing for as long as the process lives, and which every
 * other Deno program of root trusts. To be called when all modules are loaded:
 * Deno does not look at them again.
 *
 * Closing them would be no good: SQLite would go on to use the numbers, and
 * what they stand for by then. So these stay taken, by an event, which fails
 * each read and write (ESPIPE); and what was mapped is zeros from now on.
 *
 * @throws {SystemError}
 */
export function dropDatabases(
  proc: ProcDirectory,
  files: OpenFileCalls,
  mappings: readonly Mapping[],
): void {
  const open = proc.list("fd").map((fd) =>
    [Number(fd), proc.readLink(`fd/${fd}`) ?? ""] as const
  );
  // They are known by their names: each database has a log, and memory that is shared.
  const names = new Set(
    open.filter(([, link]) => link.endsWith("-shm")).flatMap(([, link]) => {
      const name = link.slice(0, -"-shm".length);
      return [name, `${name}-wal`, link];
    }),
  );
  if (names.size === 0) return;
  for (const mapping of mappings) {
    if (names.has(mapping.path)) files.cover(mapping);
  }
  files.replace(open.flatMap(([fd, link]) => names.has(link) ? [fd] : []));
}

/**
 * Unloads the pages of Deno's code and constants that the start went through:
 * half of what would stay resident, and serving needs little of it. They are
 * the kernel's page cache, and shared with other processes of Deno: this makes
 * them reclaimable, and costs a millisecond.
 */
export function unloadCode(
  proc: ProcDirectory,
  files: OpenFileCalls,
  mappings: readonly Mapping[],
): void {
  const executable = proc.readLink("exe");
  for (const mapping of mappings) {
    const { path, permissions, offset } = mapping;
    if (path !== executable) continue;
    // What has been relocated is read-only too, and would be lost. It comes later in the file.
    if (permissions === "r-xp" || permissions === "r--p" && offset === 0) {
      files.unload(mapping);
    }
  }
}
