/**
 * Names that are not UTF-8. Deno's arguments can't carry one, so the launcher
 * enters such a directory; the command lines here are made by a shell.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { exportName, printablePath } from "../../src/jail/export_name.ts";
import { Client } from "../../src/proxy/client/client.ts";
import { Connection } from "../../src/proxy/client/connection.ts";
import { Foreground, launch } from "../support/daemon.ts";
import { denoCommand, LAUNCHER } from "../support/helpers.ts";
import { Mark } from "../support/processes.ts";
import { lacking } from "../support/requirements.ts";
import { yard } from "../support/yard.ts";

const needs = { ignore: lacking("root").length > 0 };

/** Runs the arguments after the first, in which each `%` is the byte 255; the first is the directory of its own to go to. */
const SHELL = [
  "sh",
  "-c",
  `cd "$0" && byte=$(printf '\\377') && for word do
     shift
     while case $word in *%*) ;; *) false ;; esac; do
       word=\${word%%\\%*}$byte\${word#*%}
     done
     set -- "$@" "$word"
   done
   mkdir -p "x\${byte}y/z\${byte}" && echo 12345 >"x\${byte}y/marker" && exec "$@"`,
];

for (
  const [what, args] of [
    ["-p DIR", (dir) => ["-p", `${dir}/x%y`]],
    ["-pDIR", (dir) => [`-p${dir}/x%y`]],
    ["--path=DIR", (dir) => [`--path=${dir}/x%y`]],
    ["--pa DIR, the last of two", (dir) => ["-p", dir, "--pa", `${dir}/x%y`]],
    ["a relative -p DIR", () => ["-p", "x%y"]],
  ] as [string, (dir: string) => string[]][]
) {
  Deno.test({
    name: `The launcher serves a directory whose name is not UTF-8: ${what}`,
    ...needs,
    async fn() {
      using place = yard();
      const { connection, fd } = Connection.pair();
      using client = new Client(connection);
      await using helper = new Foreground(
        ["-n", ...args(place.path), "-f", String(fd), "--log-format", "json"],
        { wrapper: [...SHELL, place.path], program: [LAUNCHER] },
      );
      connection.closeDescriptor(fd);
      equal(client.lstat("/marker").value?.size, 6n);
      equal(client.mkdir("/made", 0o700, 0, 0).errno, 0);
      client.close();
      const { code, output } = await helper.end();
      equal(code, 0);
      const serving = output.split("\n").filter((line) => line !== "")
        .map((line) => JSON.parse(line))
        .find(({ path }) => path !== undefined);
      equal(serving.path, `${place.path}/x\\xffy`);
    },
  });
}

Deno.test({
  name:
    "The launcher serves a directory whose name is not UTF-8 from the background",
  ...needs,
  async fn() {
    using place = yard();
    await using mark = new Mark();
    const { code, stderr } = await launch(
      ["-p", "%/x%y", "-s", place.socket, "-u0", "-g0"]
        .map((word) => word.replace("%/", `${place.path}/`)),
      mark,
      { wrapper: [...SHELL, place.path], program: [LAUNCHER] },
    );
    equal(code, 0, stderr);
    using client = new Client(Connection.connect(place.socket));
    equal(client.lstat("/marker").value?.size, 6n);
    client.close();
    await mark.gone();
  },
});

Deno.test({
  name:
    "A directory with a comma is called by its name, in the log and in errors",
  ...needs,
  async fn() {
    using place = yard();
    const path = `${place.path}/with,comma`;
    Deno.mkdirSync(path);
    const { connection, fd } = Connection.pair();
    using client = new Client(connection);
    await using helper = new Foreground(
      ["-n", "-p", path, "-f", String(fd)],
      { program: [LAUNCHER] },
    );
    connection.closeDescriptor(fd);
    equal(client.lstat("/").errno, 0);
    client.close();
    match((await helper.end()).output, /Serving \S+\/with,comma\b/);
    await using mark = new Mark();
    const { code, stderr } = await launch(["-n", "-p", path, "-f", "0"], mark, {
      program: [LAUNCHER],
      wrapper: [
        "setpriv",
        "--bounding-set",
        "-setpcap",
        "--inh-caps",
        "-setpcap",
      ],
    });
    equal(code, 1);
    match(stderr, /error: Cannot jail \S+\/with,comma: without CAP_SETPCAP/);
  },
});

for (
  const [what, args, why] of [
    [
      "a directory that is not there",
      ["-p", "/%"],
      "Cannot export /?: no such directory",
    ],
    [
      "a file",
      ["-p", "x%y/marker"],
      "Cannot export x?y/marker: not a directory",
    ],
    [
      "a socket",
      ["-p", "/", "-s", "/run/%"],
      "Cannot use /run/?: it is not UTF-8, and Deno can be given nothing else but the directory to export",
    ],
    [
      "a pid file beside a directory of that kind",
      ["-p", "x%y", "--pid-file=/run/%"],
      "Cannot use --pid-file=/run/?: it is not UTF-8, and Deno can be given nothing else but the directory to export",
    ],
    [
      "a relative socket beside a directory of that kind",
      ["-p", "x%y", "-s", "sock"],
      "Cannot export x?y together with sock: as its name is not UTF-8, other paths have to be absolute, and -- left out",
    ],
  ] as [string, string[], string][]
) {
  Deno.test(`The launcher says in one line what is wrong with a name that is not UTF-8: ${what}`, async () => {
    using place = yard();
    await using mark = new Mark();
    deepEqual(
      await launch(["-n", ...args], mark, {
        wrapper: [...SHELL, place.path],
        program: [LAUNCHER],
      }),
      {
        code: 1,
        signal: null,
        stdout: "",
        stderr: `virtfs-proxy-helper: error: ${why}\n`,
      },
    );
  });
}

Deno.test("A path is made absolute and printable", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const at = (cwd: Uint8Array<ArrayBuffer>) => ({ readLinkBytes: () => cwd });
  const both = (name: string) => ({ name, path: name });
  deepEqual(exportName(at(bytes("/cwd")), "/a/../b"), both("/a/../b"));
  deepEqual(exportName(at(bytes("/a,b")), "."), both("/a,b"));
  deepEqual(exportName(at(bytes("/ü")), "./x//y/"), both("/ü/x/y"));
  deepEqual(exportName(at(bytes("/")), "."), both("/"));
  deepEqual(exportName(at(bytes("/")), "x"), both("/x"));
  deepEqual(exportName(at(new Uint8Array([0x2f, 0xff, 0x61])), "."), {
    name: "/\\xffa",
    path: ".",
  });
  deepEqual(exportName({ readLinkBytes: () => undefined }, "x"), both("x"));
  deepEqual(printablePath(bytes("/a b")), { text: "/a b", exact: true });
});

Deno.test({
  name:
    "Without the launcher a name that is not UTF-8 is said to be one, and -p . serves it",
  ...needs,
  async fn() {
    using place = yard();
    await using mark = new Mark();
    const env = { DENO_NO_UPDATE_CHECK: "1" };
    const given = await launch(["-n", "-p", `${place.path}/x%y`], mark, {
      env,
      wrapper: [...SHELL, place.path],
      program: denoCommand(["--allow-read=/"]),
    });
    equal(given.code, 1);
    match(given.stderr, /no such directory, or its name is not UTF-8, and /);
    const { connection, fd } = Connection.pair();
    using client = new Client(connection);
    await using helper = new Foreground(
      ["-n", "-p", ".", "-f", String(fd)],
      {
        env,
        wrapper: [...SHELL, place.path, "env", "-C", "x%y"],
        program: denoCommand(["--allow-read=."]),
      },
    );
    connection.closeDescriptor(fd);
    equal(client.lstat("/marker").value?.size, 6n);
    client.close();
    match(
      (await helper.end()).output,
      /Serving \S+\/x\\xffy, read-only on descriptor \d+ /,
    );
  },
});
