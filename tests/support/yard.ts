/**
 * A directory of a test's with an export in it, and room beside it that others
 * may enter, for sockets.
 *
 * @module
 */
import { workspace } from "./workspace.ts";

/** What {@linkcode yard} makes. */
export interface Yard extends Disposable {
  readonly path: string;
  /** The directory to export. */
  readonly export: string;
  /** A name that does not exist yet. */
  readonly socket: string;
}

/** Makes a yard that goes with everything in it. */
export function yard(): Yard {
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
