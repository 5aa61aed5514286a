/**
 * The helper where another user can run it: neither a checkout nor Deno need
 * lie where everybody may go.
 *
 * @module
 */
import { helperPath, LAUNCHER } from "./helpers.ts";
import { shell } from "./processes.ts";

/** A program, and the variables that it needs. */
interface PortableHelper {
  readonly program: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Copies the helper that is tested, and what it needs, into `directory`. */
export async function portableHelper(
  directory: string,
): Promise<PortableHelper> {
  const target = `${directory}/helper`;
  Deno.mkdirSync(target);
  Deno.chmodSync(target, 0o755);
  const helper = helperPath();
  if (helper !== LAUNCHER) {
    await copy(helper, `${target}/helper`);
    return { program: [`${target}/helper`], env: {} };
  }
  const root = LAUNCHER.slice(0, LAUNCHER.indexOf("/scripts/"));
  for (const name of ["mod.ts", "deno.json", "src", "ffi", "scripts"]) {
    await copy(`${root}/${name}`, `${target}/${name}`);
  }
  await copy(Deno.execPath(), `${target}/deno`);
  return {
    program: [`${target}/scripts/virtfs-proxy-helper`],
    env: { DENO: `${target}/deno`, DENO_DIR: `${target}/cache` },
  };
}

async function copy(from: string, to: string): Promise<void> {
  await shell(
    'cp -rL --reflink=auto "$1" "$2" && chmod -R a+rX "$2"',
    from,
    to,
  );
}
