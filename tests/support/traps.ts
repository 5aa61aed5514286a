/**
 * An export in which each name that the runtime might look for is a FIFO: who
 * opens one waits for ever.
 *
 * @module
 */
import { S_IFIFO } from "../../ffi/constants.ts";
import { PROGRAMS } from "../../scripts/dist.ts";
import type { Host } from "./host.ts";
import { run } from "./programs.ts";
import type { Form } from "./throwing_program.ts";
import type { Need } from "./requirements.ts";

const BUNDLES = PROGRAMS.map(({ bundle }) => `dist/${bundle}`);

/** What each form is made by. */
export const NEEDS: Readonly<Record<Form, Need>> = {
  sources: "root",
  bundle: "bundler",
  binary: "compiler",
};

/** What Deno looks for, by the names that it has on the host. */
async function trapsFor(
  directory: string,
  modules: readonly string[],
): Promise<string[]> {
  const { stdout } = await run([Deno.execPath(), "info", "--json"]);
  const { typescriptCache } = JSON.parse(stdout) as {
    typescriptCache: string;
  };
  const files = [...modules, "src/throwing.ts", ...BUNDLES]
    .map((name) => `${directory}/${name}`);
  return [
    ...files,
    ...files.map((file) => `${typescriptCache}/file${file}.js`),
    ...files.map((file) => `${typescriptCache}/file${file}.js.map`),
    ...["maps", "stat", "status", "exe", "cmdline", "task"].map((name) =>
      `/proc/self/${name}`
    ),
    ...["/etc/localtime", "/etc/nsswitch.conf", "/dev/urandom", "/dev/log"],
    `${Deno.execPath()}`,
  ];
}

/** Puts the FIFOs for `modules` of a program in `directory` into `top`. */
export async function setTraps(
  host: Host,
  top: string,
  directory: string,
  modules: readonly string[],
): Promise<void> {
  for (const trap of new Set(await trapsFor(directory, modules))) {
    Deno.mkdirSync(`${top}${trap.slice(0, trap.lastIndexOf("/"))}`, {
      recursive: true,
    });
    host.mknod(`${top}${trap}`, S_IFIFO | 0o666);
  }
}

/** All names below `directory`. */
export function files(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? [name, ...files(`${directory}/${name}`).map((at) => `${name}/${at}`)]
      : [name]
  ).sort();
}
