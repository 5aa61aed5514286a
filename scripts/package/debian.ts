/**
 * Debian packages of what `make install` installs.
 *
 * @module
 */
import { TemporaryDirectory } from "../program/clean_up.ts";
import { DIST } from "../dist.ts";
import { debianChangelog, debianVersion, type Release } from "./changelog.ts";
import { SOURCES } from "./sources.ts";
import { runTool } from "./tool.ts";

const ROOT = `${import.meta.dirname}/../..`;

/** A package. */
export interface Variant {
  readonly name: "virtfs" | "virtfs-compiled";
  /** The target of the Makefile that installs it. */
  readonly target: string;
  /** As in the name of the package's file. */
  readonly architecture: string;
}

/** Debian's names of what Deno calls `x86_64` and `aarch64`. */
const ARCHITECTURES = { x86_64: "amd64", aarch64: "arm64" } as const;

/** The package that holds launchers and bundles. */
export const PLAIN: Variant = {
  name: "virtfs",
  target: "install",
  architecture: "all",
};

/** The one that holds binaries, of this machine's architecture. */
const COMPILED: Variant = {
  name: "virtfs-compiled",
  target: "install-compiled",
  architecture: ARCHITECTURES[Deno.build.arch],
};

/** What is the same for all that is made. */
export interface Build {
  /** The newest version first. */
  readonly versions: readonly [Release, ...Release[]];
  /** The time that all files bear, in seconds since 1970. */
  readonly seconds: number;
  /** `NAME <ADDRESS>` */
  readonly maintainer: string;
  /** The Deno that bundles and compiles. */
  readonly deno: string;
}

/**
 * Makes a package in `dist/`.
 *
 * @param checkout the directory whose Makefile installs what is to be in it
 * @returns its path
 * @throws {Error} where it can't be made; the message says why
 */
export async function makeDebianPackage(
  { name, target, architecture }: Variant,
  { versions, seconds, maintainer, deno }: Build,
  checkout = ".",
): Promise<string> {
  await using scratch = new TemporaryDirectory(DIST, ".new-");
  const tree = `${ROOT}/${scratch.path}/tree`;
  const version = debianVersion(versions[0].version);
  await runTool("make", [
    ...["--silent", target, `DENO=${deno}`, `DESTDIR=${tree}`, "PREFIX=/usr"],
    `docdir=/usr/share/doc/${name}`,
    "zshcompletiondir=/usr/share/zsh/vendor-completions",
    // QEMU's page of that name is in the package qemu-system-common of Debian 12.
    "proxymanual=virtfs-proxy-helper.1virtfs",
  ], { cwd: checkout });
  const write = (file: string, text: string) =>
    Deno.writeTextFileSync(`${scratch.path}/${file}`, text);
  write(
    "control",
    `Package: ${name}
Version: ${version}
Maintainer: ${maintainer}
Architecture: ${architecture}
`,
  );
  write("changelog", debianChangelog(name, maintainer, versions));
  const file = `${name}_${version}_${architecture}.deb`;
  await runTool("scripts/package/deb.sh", [
    ...[name, tree, `${scratch.path}/control`, `${scratch.path}/changelog`],
    `${scratch.path}/${file}`,
  ], { env: { SOURCE_DATE_EPOCH: String(seconds) } });
  Deno.renameSync(`${scratch.path}/${file}`, `${DIST}/${file}`);
  return `${DIST}/${file}`;
}

/**
 * Makes the package of binaries in `dist/`.
 *
 * They are compiled from a copy of the sources, as Deno puts the time of each file
 * into them.
 *
 * @returns its path
 * @throws {Error} where it can't be made; the message says why
 */
export async function makeCompiledPackage(build: Build): Promise<string> {
  await using scratch = new TemporaryDirectory(DIST, ".new-");
  const checkout = scratch.path;
  await runTool("cp", ["-R", "--", ...SOURCES, checkout]);
  await runTool("find", [
    ...[checkout, "-exec", "touch", "--no-dereference"],
    ...[`--date=@${build.seconds}`, "{}", "+"],
  ]);
  await runTool(build.deno, ["task", "--quiet", "compile"], { cwd: checkout });
  return await makeDebianPackage(COMPILED, build, checkout);
}
