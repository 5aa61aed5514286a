/**
 * Directories for tests.
 *
 * @module
 */

/** A new directory that goes with everything in it. */
export function workspace(): { readonly path: string } & Disposable {
  // Not /tmp: that is a tmpfs on many machines, without xattrs and generations.
  const path = Deno.makeTempDirSync({ dir: "/var/tmp", prefix: "vph-" });
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}
