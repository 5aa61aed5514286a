/**
 * Keeps Deno's runtime from what it does by itself and must not do in the jail.
 *
 * @module
 */
import type { Mapping, OpenFileCalls } from "../../ffi/open_files.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";
import { StartError } from "../errors.ts";

const NO_UPDATE_CHECK = "DENO_NO_UPDATE_CHECK";

/**
 * Refuses to start if Deno may look for updates. It would do so half a second
 * after the start, from another thread, and resolve a host name in the jail: by
 * the export's nsswitch.conf, and with libraries that the guest has put there
 * for it to load. A compiled program does not look for updates.
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
 * Refuses to start if Deno may fill its code cache. For that it reads each
 * module once more, on the main thread, by a name that in the jail is a name in
 * the export; and it locks its database, which the filter forbids. A compiled
 * program has no code cache.
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
 * Keeps the runtime from opening files by itself, on the main thread, from now
 * on.
 *
 * Errors get no stack any more: to format one, or to report one that was not
 * caught, Deno opens the source map of each module in it, by name. What a date
 * needs is loaded with the first one, which is made here.
 */
export function avoidRuntimeFiles(): void {
  Error.stackTraceLimit = 0;
  void new Date().toISOString();
}

/**
 * Takes Deno's module caches away from the process. They are SQLite databases
 * that Deno keeps open, and mapped for writing, for as long as it lives; every
 * other Deno program of this user trusts them. To be called when all modules are
 * loaded: Deno does not use them afterwards.
 *
 * They are not closed: SQLite would go on using the descriptors, whatever they
 * stood for by then. Each is replaced by an eventfd(2), on which its reads and
 * writes fail with ESPIPE, and what was mapped becomes zeros.
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
  // A database is found by the file for its shared memory, which has its name and "-shm".
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
 * Unloads those pages of Deno's code and constants that only the start has used:
 * half of the resident memory. They stay in the kernel's page cache, which other
 * processes of Deno share, and are loaded again when they are used. It takes a
 * millisecond.
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
    // Relocated data is mapped read-only, too, and would be lost: its offset is never 0.
    if (permissions === "r-xp" || permissions === "r--p" && offset === 0) {
      files.unload(mapping);
    }
  }
}
