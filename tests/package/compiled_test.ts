/** The binaries: installed without Deno, and the same bytes each time. */
import { deepEqual, equal } from "node:assert/strict";
import { VERSION } from "../../src/version.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace } from "../support/workspace.ts";
import { serveOnce } from "../vhost/support/program.ts";
import { below, copy, succeed } from "./support.ts";

const test = testsThatNeed("root", "compiler", "make");
const NAMES = ["virtfs-proxy-helper", "virtfs-vhost-helper"];

/** A copy of the checkout with binaries, made of files that bear one time, as a package's do. */
async function compiled(name: string): Promise<ReturnType<typeof copy>> {
  const checkout = copy(name);
  await succeed([
    ...["find", checkout.path, "-exec", "touch", "-h", "-d@1000000000"],
    ...["{}", "+"],
  ]);
  await succeed(["npx", "--yes", "deno@2.7.11", "task", "-q", "compile"], {
    cwd: checkout.path,
    // The one that compiles has to be of the version of the base.
    env: { DENO: "" },
  });
  return checkout;
}

test("Binaries are the same bytes in two directories, serve where make installs them, and no Deno is there", async () => {
  using one = await compiled("one");
  using two = await compiled("another-name");
  for (const name of NAMES) {
    await succeed([
      ...["cmp", `${one.path}/dist/${name}`, `${two.path}/dist/${name}`],
    ]);
  }
  const root = `${two.path}/root`;
  const where = [`DESTDIR=${root}`, "PREFIX=/usr"];
  const make = (target: string) =>
    succeed(["make", "--silent", "DENO=false", target, ...where], {
      cwd: two.path,
    });
  await make("install-compiled");
  deepEqual(below(`${root}/usr/lib/virtfs`), [
    ...["/scripts", "/scripts/read_shares.sh"],
  ]);
  equal(
    await succeed([`${root}/usr/bin/virtfs-shares`, "--version"]),
    `virtfs-shares ${VERSION}\n`,
  );
  for (const name of NAMES) {
    for (const directory of ["bin", "libexec"]) {
      equal(
        await succeed(
          [`${root}/usr/${directory}/${name}`, "--version"],
          { env: { DENO: "", PATH: "/nonexistent" } },
        ),
        `${name} ${VERSION}\n`,
      );
    }
  }
  using place = exportWorkspace();
  const { code } = await serveOnce(place, "path", [
    ...["--socket-path=SOCKET", "--shared-dir=DIR"],
  ], { program: [`${root}/usr/libexec/virtfs-vhost-helper`] });
  equal(code, 0);
  await make("uninstall");
  deepEqual(
    below(root).filter((path) => !Deno.lstatSync(root + path).isDirectory),
    [],
  );
});
