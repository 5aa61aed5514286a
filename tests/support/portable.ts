/**
 * The helper where another user can run it: neither a checkout nor Deno need
 * lie where everybody may go.
 *
 * @module
 */
import { helperPath, LAUNCHER } from "./helpers.ts";

/** A program, and the variables that it needs. */
export interface PortableHelper {
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
  const { success, stderr } = await new Deno.Command("cp", {
    args: ["-rL", "--reflink=auto", from, to],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  await new Deno.Command("chmod", { args: ["-R", "a+rX", to] }).output();
}
