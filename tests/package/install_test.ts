/** `make install` and `make uninstall`. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { CAPABILITIES } from "../../src/vhost_user_fs/cli/capabilities.ts";
import { VERSION } from "../../src/version.ts";
import { startHelper } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { run } from "../support/programs.ts";
import { done } from "../support/said.ts";
import { exists, exportWorkspace } from "../support/workspace.ts";
import { serveOnce } from "../vhost/support/program.ts";
import { below, copy, make, succeed } from "./support.ts";

const test = testsThatNeed("root", "bundler", "make");
const NAMES = ["virtfs-proxy-helper", "virtfs-vhost-helper"];

/** Directories that are not ours alone, which stay. */
const SHARED = [
  ...["bin", "lib/systemd/system", "libexec", "share/doc", "share/man/man1"],
  ...["share/bash-completion/completions", "share/fish/vendor_completions.d"],
  ...["share/qemu/vhost-user", "share/zsh/site-functions"],
];

test("What make installs serves without the checkout, and make removes it again", async () => {
  using checkout = copy("sources");
  using place = exportWorkspace();
  const root = `${place.path}/root`;
  const where = [`DESTDIR=${root}`, "PREFIX=/usr"];
  for (const path of SHARED) {
    Deno.mkdirSync(`${root}/usr/${path}`, { recursive: true });
  }
  const before = below(root);
  await make(checkout.path, "install", ...where);

  // The checkout has gone, and all that it could have.
  Deno.renameSync(checkout.path, `${checkout.path}-elsewhere`);
  for (const name of NAMES) {
    for (const directory of ["bin", "libexec"]) {
      const program = `${root}/usr/${directory}/${name}`;
      equal(await succeed([program, "--version"]), `${name} ${VERSION}\n`);
      // Whoever resolves symlinks before a start starts the same program.
      const real = Deno.realPathSync(program);
      ok(real.startsWith(`${root}/`), real);
      equal(await succeed([real, "--version"]), `${name} ${VERSION}\n`);
    }
  }
  equal(
    await succeed([`${root}/usr/bin/virtfs-top`, "--version"]),
    `virtfs-top ${VERSION}\n`,
  );
  equal(
    await succeed([`${root}/usr/bin/virtfs-shares`, "--version"]),
    `virtfs-shares ${VERSION}\n`,
  );
  await using helper = await startHelper({
    place,
    program: [`${root}/usr/libexec/virtfs-proxy-helper`],
  });
  done(helper.client.mkdir("/by-9p", 0o700, 0, 0));
  await helper.finish();
  ok(exists(`${place.export}/by-9p`));
  const { code } = await serveOnce(place, "path", [
    ...["--socket-path=SOCKET", "--shared-dir=DIR"],
  ], { program: [`${root}/usr/libexec/virtfs-vhost-helper`] });
  equal(code, 0);

  Deno.renameSync(`${checkout.path}-elsewhere`, checkout.path);
  await make(checkout.path, "uninstall", ...where);
  deepEqual(below(root), before);
});

test("A PREFIX that units and descriptions can't have is refused before anything is made", async () => {
  using checkout = copy("sources");
  const root = `${checkout.path}/root`;
  for (
    const prefix of ["opt", "/opt/a b", "/opt/a&b", "/opt/a|b", "/opt/%i"]
  ) {
    const { code, stderr } = await run([
      ...["make", "--silent", "install-shared"],
      ...[`DESTDIR=${root}`, `PREFIX=${prefix}`],
    ], { cwd: checkout.path });
    equal(code, 2);
    match(stderr, /give PREFIX an absolute path without blanks/);
    deepEqual(exists(root), false, prefix);
  }
});

test("Without Deno make says how to get the programs bundled", async () => {
  using checkout = copy("sources");
  const { code, stderr } = await run(
    ["make", "--silent", "--always-make", "DENO=no-such-deno"],
    { cwd: checkout.path },
  );
  equal(code, 2);
  match(
    stderr,
    /^Cannot bundle [^\n]* no program no-such-deno\. [^\n]* make DENO=PROGRAM; [^\n]*\n/,
  );
});

test("Each program is installed with its completions and manual, and virtfs-top where Deno is needed", async () => {
  using checkout = copy("sources");
  // In place of the binaries, which it takes a while to make.
  Deno.mkdirSync(`${checkout.path}/dist`, { recursive: true });
  for (const name of NAMES) {
    Deno.writeTextFileSync(`${checkout.path}/dist/${name}`, "");
  }
  for (
    const [target, programs] of [
      ["install", [...NAMES, "virtfs-shares", "virtfs-top"]],
      ["install-compiled", [...NAMES, "virtfs-shares"]],
    ] as const
  ) {
    const root = `${checkout.path}/${target}`;
    await make(checkout.path, target, `DESTDIR=${root}`, "PREFIX=/usr");
    const wanted = programs.flatMap((name) => [
      ...[`/usr/bin/${name}`, `/usr/share/man/man1/${name}.1`],
      `/usr/share/bash-completion/completions/${name}`,
      `/usr/share/fish/vendor_completions.d/${name}.fish`,
      `/usr/share/zsh/site-functions/_${name}`,
    ]);
    deepEqual(
      below(root).filter((path) =>
        /^\/usr\/(?:bin|share\/(?:man\/man1|bash-\w+\/\w+|fish\/\w+\.d|zsh\/[a-z-]+))\/./
          .test(path)
      ),
      wanted.toSorted(),
      target,
    );
  }
});

test("Files of others stay where make uninstalls", async () => {
  using checkout = copy("sources");
  const root = `${checkout.path}/root`;
  const where = [`DESTDIR=${root}`, "PREFIX=/opt/virtfs"];
  await make(checkout.path, "install", ...where);
  const others = below(root).filter((path) =>
    Deno.lstatSync(root + path).isDirectory
  ).map((path) => `${path}/of-others`);
  for (const path of others) Deno.writeTextFileSync(root + path, "");
  await make(checkout.path, "uninstall", ...where);
  const files = below(root).filter((path) =>
    !Deno.lstatSync(root + path).isDirectory
  );
  deepEqual(files, others.sort());
});

test("A file that is installed takes the place of what is there, and changes nothing behind a symlink", async () => {
  using checkout = copy("sources");
  const root = `${checkout.path}/root`;
  const another = `${checkout.path}/another`;
  const install = () => make(checkout.path, "install", `DESTDIR=${root}`);
  await install();
  const files = below(root).filter((path) =>
    Deno.lstatSync(root + path).isFile
  );
  Deno.writeTextFileSync(another, "as it was");
  const link = 'for file do ln -sf "$0" "$file"; done';
  await succeed([
    "sh",
    "-c",
    link,
    another,
    ...files.map((path) => root + path),
  ]);
  await install();
  equal(Deno.readTextFileSync(another), "as it was");
  deepEqual(
    below(root).filter((path) => Deno.lstatSync(root + path).isFile),
    files,
  );
});

test("Units and the description for libvirt name programs where they are installed", async () => {
  using checkout = copy("sources");
  const root = `${checkout.path}/root`;
  const libexec = "/opt/virtfs/libexec";
  await make(
    checkout.path,
    "install",
    `DESTDIR=${root}`,
    "PREFIX=/opt/virtfs",
  );
  const share = `${root}/opt/virtfs/share`;
  const { binary, type } = JSON.parse(
    Deno.readTextFileSync(
      `${share}/qemu/vhost-user/60-virtfs-vhost-helper.json`,
    ),
  );
  deepEqual({ binary, type }, {
    binary: `${libexec}/virtfs-vhost-helper`,
    type: CAPABILITIES.type,
  });
  const units = `${root}/opt/virtfs/lib/systemd/system`;
  const starts = [...Deno.readDirSync(units)].flatMap(({ name }) => {
    const text = Deno.readTextFileSync(`${units}/${name}`);
    return [...text.matchAll(/^Exec(?:Start|Stop)=[-@:+!|]*(\S+)/gm)]
      .map(([, path]) => path!)
      // The shell's own, which looks at the name of a socket.
      .filter((path) => path !== "/bin/sh");
  });
  ok(starts.length >= NAMES.length);
  for (const path of starts) {
    match(path, /^\/opt\/virtfs\/(?:libexec|bin)\/virtfs-/);
    ok(exists(root + path), path);
  }
});

test("What is installed can be read by all and written by none, whatever the mask", async () => {
  using checkout = copy("sources");
  const root = `${checkout.path}/root`;
  await succeed(
    ["sh", "-c", 'umask 077 && exec "$@"', "sh", "make", "--silent"]
      .concat(`DENO=${Deno.execPath()}`, "install", `DESTDIR=${root}`),
    { cwd: checkout.path },
  );
  for (const path of below(root)) {
    const { mode, isSymlink, isDirectory } = Deno.lstatSync(root + path);
    if (isSymlink) continue;
    const executable = isDirectory || (mode! & 0o100) !== 0;
    equal((mode! & 0o7777).toString(8), executable ? "755" : "644", path);
  }
});
