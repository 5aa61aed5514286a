/**
 * Names that are not UTF-8. Deno's arguments can't carry one, so the launcher
 * enters such a directory; the command lines here are made by a shell.
 */
import { equal, match } from "node:assert/strict";
import {
  failedStart,
  LAUNCHER,
  startHelper,
  withoutWriteGrant,
} from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

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
  test(`The launcher serves a directory whose name is not UTF-8: ${what}`, async () => {
    using place = exportWorkspace();
    await using helper = await startHelper({
      directory: place.path,
      wrapper: (_command, fd) => [
        ...[...SHELL, place.path, LAUNCHER, "-n", ...args(place.path)],
        ...["-f", String(fd), "--log-format", "json"],
      ],
    });
    equal(helper.client.lstat("/marker").value?.size, 6n);
    equal(helper.client.mkdir("/made", 0o700, 0, 0).errno, 0);
    const output = await helper.finish();
    const serving = output.split("\n").filter((line) => line !== "")
      .map((line) => JSON.parse(line))
      .find(({ path }) => path !== undefined);
    equal(serving.path, `${place.path}/x\\xffy`);
  });
}

test("The launcher serves a directory whose name is not UTF-8 from the background", async () => {
  using place = exportWorkspace();
  await using helper = await startHelper({
    directory: `${place.path}/x%y`,
    socket: place.socket,
    background: true,
    wrapper: [...SHELL, place.path],
    program: [LAUNCHER],
  });
  equal(helper.client.lstat("/marker").value?.size, 6n);
  await helper.stop();
});

test("A directory with a comma is called by its name, in the log and in errors", async () => {
  using place = exportWorkspace();
  const path = `${place.path}/with,comma`;
  Deno.mkdirSync(path);
  await using helper = await startHelper({
    directory: path,
    program: [LAUNCHER],
  });
  equal(helper.client.lstat("/").errno, 0);
  match((await helper.stop()).output, /Serving \S+\/with,comma\b/);
  const stderr = await failedStart({
    args: ["-n", "-p", path, "-f", "0"],
    program: [LAUNCHER],
    wrapper: ["setpriv", "--bounding-set=-setpcap", "--inh-caps=-setpcap"],
  });
  match(stderr, /error: Cannot jail \S+\/with,comma: without CAP_SETPCAP/);
});

const ONLY_DIRECTORY =
  "it is not UTF-8, and Deno can be given nothing else but the directory to share";

for (
  const [line, why] of [
    ["-p /%", "Cannot share /?: no such directory"],
    ["-p x%y/marker", "Cannot share x?y/marker: not a directory"],
    ["-p / -s /run/%", `Cannot use /run/?: ${ONLY_DIRECTORY}`],
    [
      "-p x%y --pid-file=/run/%",
      `Cannot use --pid-file=/run/?: ${ONLY_DIRECTORY}`,
    ],
    [
      "-p x%y -s sock",
      "Cannot share x?y together with sock: as its name is not UTF-8, other paths have to be absolute, and -- left out",
    ],
  ] as const
) {
  Deno.test(`The launcher says in one line what is wrong with names that are not UTF-8: ${line}`, async () => {
    using place = exportWorkspace();
    const stderr = await failedStart({
      args: ["-n", ...line.split(" ")],
      wrapper: [...SHELL, place.path],
      program: [LAUNCHER],
    });
    equal(stderr, `virtfs-proxy-helper: error: ${why}\n`);
  });
}

test("Without the launcher a name that is not UTF-8 is said to be one, and -p . serves it", async () => {
  using place = exportWorkspace();
  const stderr = await failedStart({
    args: ["-n", "-p", `${place.path}/x%y`],
    wrapper: [...SHELL, place.path],
    grants: ["--allow-read=/"],
  });
  match(stderr, /no such directory, or its name is not UTF-8, and /);
  await using helper = await startHelper({
    ...withoutWriteGrant("."),
    wrapper: [...SHELL, place.path, "env", "-C", "x%y"],
  });
  equal(helper.client.lstat("/marker").value?.size, 6n);
  match(
    (await helper.stop()).output,
    /Serving \S+\/x\\xffy, read-only on descriptor \d+ /,
  );
});
