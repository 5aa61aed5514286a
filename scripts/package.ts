/**
 * Makes a Debian package and a tarball, by Debian's own dpkg-deb and the Makefile.
 *
 * The same sources and the same Deno make the same bytes.
 *
 * @module
 */
import { DistDirectory } from "./dist.ts";
import { releases } from "./package/changelog.ts";
import {
  type Build,
  makeCompiledPackage,
  makeDebianPackage,
  PLAIN,
} from "./package/debian.ts";
import { makeTarball, writeChecksums } from "./package/tarball.ts";
import { parse, runProgram } from "./program/main.ts";
import { readManifest } from "./program/manifest.ts";
import { say } from "./program/output.ts";

const USAGE = `Usage: deno task package [--compiled]

Makes in dist/ a Debian package of launchers and bundles, which needs an
installed Deno, a tarball of sources and bundles, and checksums of both.

      --compiled  also make a package of binaries, which need no Deno
  -h, --help      show this and exit

  DENO=PROGRAM                the Deno that bundles and compiles
  DENORT_BIN=PROGRAM          the base of the binaries
  SOURCE_DATE_EPOCH=SECONDS   the time that all files bear (default: the date
                              of the version in CHANGELOG.md)
  DEBFULLNAME, DEBEMAIL       who makes the Debian package`;

/** There is no address in a package that is not somebody's. */
const NOBODY = { name: "virtfs", address: "nobody@virtfs.invalid" };

await runProgram(USAGE, async (args) => {
  const { values } = parse({
    args: [...args],
    options: { compiled: { type: "boolean", default: false } },
  });
  const build = plan();
  await using _directory = new DistDirectory();
  const paths: string[] = [];
  const made = (path: string) => {
    paths.push(path);
    say(path);
  };
  made(await makeDebianPackage(PLAIN, build));
  made(await makeTarball(build));
  if (values.compiled) {
    made(await makeCompiledPackage(build));
  }
  say(await writeChecksums(paths));
  return 0;
});

/** What is made, and for whom. */
function plan(): Build {
  const { version } = readManifest();
  const versions = releases(Deno.readTextFileSync("CHANGELOG.md"));
  if (versions[0].version !== version) {
    throw new Error(
      `Cannot make packages of version ${version} (deno.json): the newest in CHANGELOG.md is ${
        versions[0].version
      }`,
    );
  }
  const epoch = Deno.env.get("SOURCE_DATE_EPOCH");
  if (epoch && !/^\d+$/.test(epoch)) {
    throw new Error(
      `Cannot use SOURCE_DATE_EPOCH=${epoch}: it has to be a number of seconds since 1970`,
    );
  }
  const name = Deno.env.get("DEBFULLNAME") || NOBODY.name;
  const address = Deno.env.get("DEBEMAIL") || NOBODY.address;
  return {
    versions,
    seconds: epoch ? Number(epoch) : versions[0].seconds,
    maintainer: `${name} <${address}>`,
    deno: Deno.env.get("DENO") || Deno.execPath(),
  };
}
