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
