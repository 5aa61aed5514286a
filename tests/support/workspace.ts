/**
 * Directories for tests.
 *
 * @module
 */

/** Not /tmp: that is a tmpfs on many machines, without xattrs and generations. */
const SCRATCH = "/var/tmp";

/** The directory that scripts/test.ts, if it runs the tests, reads and clears in the end. */
export function runnerDirectory(): string | undefined {
  const named = Deno.env.get("TMPDIR");
  return named?.startsWith(`${SCRATCH}/`) ? named : undefined;
}

/** A new directory that goes with everything in it. */
export function workspace(): { readonly path: string } & Disposable {
  const dir = runnerDirectory() ?? SCRATCH;
  const path = Deno.makeTempDirSync({ dir, prefix: "vph-" });
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** A directory with an export in it, and room beside it that others may enter, for sockets. */
export interface ExportWorkspace extends Disposable {
  readonly path: string;
  /** The directory to export. */
  readonly export: string;
  /** A name that does not exist yet. */
  readonly socket: string;
}

/** A new directory with an export in it, that goes with everything in it. */
export function exportWorkspace(): ExportWorkspace {
  const { path, [Symbol.dispose]: dispose } = workspace();
  Deno.chmodSync(path, 0o755);
  Deno.mkdirSync(`${path}/export`);
  return {
    path,
    export: `${path}/export`,
    socket: `${path}/sock`,
    [Symbol.dispose]: dispose,
  };
}

/** Whether there is anything of that name, a dangling symlink too. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
