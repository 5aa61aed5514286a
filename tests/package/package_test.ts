/** `deno task package`: the same bytes each time, and as Debian wants a package. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { SOURCES } from "../../scripts/package/sources.ts";
import { readManifest } from "../../scripts/program/manifest.ts";
import { ROOT } from "../docs/commands.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { brokenLinks } from "./links.ts";
import { below, copy, succeed } from "./support.ts";

const test = testsThatNeed("root", "bundler", "packager");
const { version } = readManifest();
const DEB = `virtfs_${version}-1_all.deb`;
const TARBALL = `virtfs-${version}.tar.xz`;

/** Makes packages in a copy of the checkout. */
function pack(
  directory: string,
  env: Readonly<Record<string, string>> = {},
  before: readonly string[] = [],
): Promise<string> {
  return succeed([
    ...[...before, Deno.execPath(), "run", "-q", "--no-prompt"],
    ...["-P=packager", "scripts/package.ts"],
  ], { cwd: directory, env });
}

/** The checksums of what was made, which are right. */
async function checksums(directory: string): Promise<string> {
  await succeed(["sha256sum", "--check", "--strict", "SHA256SUMS"], {
    cwd: `${directory}/dist`,
  });
  return Deno.readTextFileSync(`${directory}/dist/SHA256SUMS`);
}

test("Packages made in two directories, with another mask, zone and order of files, are the same bytes", async () => {
  using one = copy("one");
  using two = copy("another-name");
  equal(
    await pack(one.path),
    `dist/${DEB}\ndist/${TARBALL}\ndist/SHA256SUMS\n`,
  );
  await pack(two.path, { TZ: "Pacific/Kiritimati", LC_ALL: "C" }, [
    ...["sh", "-c", 'umask 077 && exec "$@"', "sh"],
  ]);
  const made = await checksums(one.path);
  deepEqual(made.match(/\S+$/gm), [DEB, TARBALL]);
  equal(await checksums(two.path), made);
  deepEqual(
    below(`${one.path}/dist`),
    [
      ...["SHA256SUMS", "helper.js", "top.js", "vhost-helper.js"],
      ...[DEB, TARBALL],
    ].sort().map((name) => `/${name}`),
  );
  // It is the time that is in there, and nothing else.
  await pack(two.path, { SOURCE_DATE_EPOCH: "1000000000" });
  match(
    await succeed(["dpkg-deb", "--contents", `${two.path}/dist/${DEB}`], {
      env: { TZ: "UTC" },
    }),
    /^(?:\S+ root\/root +\d+ 2001-09-09 01:46 .*\n)+$/,
  );
});

test("lintian has nothing to say of the package, and its documents link to what is in it", async () => {
  using checkout = copy("sources");
  await pack(checkout.path);
  equal(
    await succeed([
      ...["lintian", "--allow-root", "--fail-on=error,warning"],
      `${checkout.path}/dist/${DEB}`,
    ]),
    "",
  );
  using place = workspace();
  await succeed([
    ...["dpkg-deb", "--extract", `${checkout.path}/dist/${DEB}`, place.path],
  ]);
  const documents = `${place.path}/usr/share/doc/virtfs`;
  ok(below(documents).includes("/README.md"));
  deepEqual(brokenLinks(documents), []);
});

test("Who unpacks the tarball installs it without Deno", async () => {
  using checkout = copy("sources");
  await pack(checkout.path);
  using place = workspace();
  await succeed([
    ...["tar", "--extract", "--file", `${checkout.path}/dist/${TARBALL}`],
  ], { cwd: place.path });
  const root = `${place.path}/root`;
  await succeed([
    ...["make", "--silent", "DENO=false", "install", `DESTDIR=${root}`],
  ], { cwd: `${place.path}/virtfs-${version}` });
  equal(
    await succeed([`${root}/usr/local/bin/virtfs-vhost-helper`, "--version"]),
    `virtfs-vhost-helper ${version}\n`,
  );
});

Deno.test("The tarball has all that is in the checkout, but for what is the repository's own", () => {
  const own = [".ci", ".git", "dist", "node_modules"];
  deepEqual(
    [...Deno.readDirSync(ROOT)].map(({ name }) => name)
      .filter((name) => !own.includes(name)).sort(),
    [...SOURCES].sort(),
  );
});
