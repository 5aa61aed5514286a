/**
 * The tarball: the sources, and the bundles made of them.
 *
 * Who has unpacked it installs it with `make install` and needs no Deno for that,
 * as the bundles are not older than the sources.
 *
 * @module
 */
import { DIST, PROGRAMS, TOOLS } from "../dist.ts";
import { TemporaryDirectory } from "../program/clean_up.ts";
import type { Build } from "./debian.ts";
import { SOURCES } from "./sources.ts";
import { runTool } from "./tool.ts";

/**
 * Makes the tarball in `dist/`; the bundles are there already.
 *
 * @returns its path
 * @throws {Error} where it can't be made; the message says why
 */
export async function makeTarball(
  { versions: [{ version }], seconds }: Build,
): Promise<string> {
  const name = `virtfs-${version}`;
  await using scratch = new TemporaryDirectory(DIST, ".new-");
  const output = `${scratch.path}/${name}.tar.xz`;
  await runTool("tar", [
    ...["--create", "--file", output, "--use-compress-program=xz -T1"],
    ...["--format=gnu", "--sort=name", `--mtime=@${seconds}`],
    ...["--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"],
    // Of names, and not of what symlinks point to.
    `--transform=flags=r;s|^|${name}/|`,
    ...SOURCES,
    ...[...PROGRAMS, ...TOOLS].map(({ bundle }) => `${DIST}/${bundle}`),
  ]);
  const path = `${DIST}/${name}.tar.xz`;
  Deno.renameSync(output, path);
  return path;
}

/**
 * Writes `dist/SHA256SUMS`, which `sha256sum --check` reads in that directory.
 *
 * @param paths of files in `dist/`
 * @returns its path
 */
export async function writeChecksums(
  paths: readonly string[],
): Promise<string> {
  const lines = await runTool("sha256sum", ["--", ...paths]);
  const path = `${DIST}/SHA256SUMS`;
  Deno.writeTextFileSync(path, `${lines.replaceAll(`  ${DIST}/`, "  ")}\n`);
  return path;
}
