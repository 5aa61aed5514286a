/**
 * What of this checkout is measured where the command line names no program: what is
 * installed, as it is now.
 *
 * @module
 */
import { DIST, PROGRAMS } from "../dist.ts";
import { isInstalled } from "../guest/programs.ts";
import { outputOf } from "../program/children.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

type ProgramName = typeof PROGRAMS[number]["name"];

/**
 * The path of a launcher that runs a bundle. Where there is none, or an old one, it
 * would run the sources, which start later and take more memory than what is
 * installed.
 *
 * @throws {Error} where it would; the message says why, and what to do
 */
export async function bundledLauncher(
  name: ProgramName,
  checkout: string = CHECKOUT,
): Promise<string> {
  const program = PROGRAMS.find((program) => program.name === name)!;
  const bundle = `${DIST}/${program.bundle}`;
  const why = isInstalled(`${checkout}/${bundle}`)
    ? await whyOld(bundle, checkout)
    : `there is no ${bundle}`;
  if (why === undefined) return `${checkout}/scripts/${name}`;
  throw new Error(
    `Cannot measure ${name} as it is installed: ${why}, so its launcher would run ` +
      'the sources. Run "deno task bundle" first, or say by --ours what to measure',
  );
}

/**
 * The path of a binary, or undefined where `deno task compile` has made none.
 *
 * @throws {Error} where it is of older sources; the message says what to do
 */
export async function compiledProgram(
  name: ProgramName,
  checkout: string = CHECKOUT,
): Promise<string | undefined> {
  const binary = `${DIST}/${name}`;
  if (!isInstalled(`${checkout}/${binary}`)) return undefined;
  const why = await whyOld(binary, checkout);
  if (why === undefined) return `${checkout}/${binary}`;
  throw new Error(
    `Cannot measure ${binary}: ${why}. Run "deno task compile" first, or remove it`,
  );
}

/** Names something that is newer than `product`, as the launcher looks for it, if there is something. */
async function whyOld(
  product: string,
  checkout: string,
): Promise<string | undefined> {
  const { stdout } = await outputOf("find", {
    args: ["src", "ffi", "-newer", product, "-print", "-quit"],
    cwd: checkout,
    stdin: "null",
    stderr: "inherit",
  });
  const newer = new TextDecoder().decode(stdout).trim();
  return newer === "" ? undefined : `${newer} is newer than ${product}`;
}
