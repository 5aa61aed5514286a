/** Who starts the helper: LXD and Incus, and a user who is not root. */
import { equal, match, ok } from "node:assert/strict";
import { failedStart, startHelper } from "../support/helpers.ts";
import { withMappedIds } from "../support/namespaces.ts";
import { portableHelper } from "../support/portable.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "perl", "unshare");
const setprivUnshareTest = testsThatNeed(
  "root",
  "setpriv",
  "unshare",
  "user namespaces",
);

/** Puts the socket where LXD has it. */
const AS_DESCRIPTOR_3 = [
  "perl",
  "-e",
  "use POSIX (); my $from = shift; POSIX::dup2($from, 3); POSIX::close($from) if $from != 3; exec @ARGV",
];

for (
  const [where, wrapper] of [
    ["as root of the host", []],
    ["in a user namespace with one id", ["unshare", "-Ur"]],
    ["in a user and a mount namespace with one id", ["unshare", "-Urm"]],
    ["in a user and a mount namespace with many ids", withMappedIds],
  ] as const
) {
  test(`As LXD and Incus run it, with --nodaemon --fd 3 --path DIR, it serves ${where}`, async () => {
    using place = exportWorkspace();
    // Else the ids of a namespace may not write to it.
    Deno.chmodSync(place.export, 0o777);
    const { program, env } = await portableHelper(place.path);
    await using helper = await startHelper({
      place,
      wrapper: (_command, fd) => [
        ...[...AS_DESCRIPTOR_3, String(fd), ...wrapper],
        ...[...program, "--nodaemon", "--fd", "3", "--path", place.export],
      ],
      env,
    });
    const { client, connection } = helper;
    equal(client.mkdir("/made", 0o755, 0, 0).errno, 0);
    ok(Deno.statSync(`${place.export}/made`).isDirectory);
    const { errno, value } = client.create("/file", 0o102, 0o644, 0, 0);
    equal(errno, 0);
    connection.closeDescriptor(value!);
    await helper.finish();
  });
}

const USER = 1234;

setprivUnshareTest(
  "An ordinary user is told what is missing, and a command that works when it is typed",
  async () => {
    using place = exportWorkspace();
    Deno.chownSync(place.export, USER, USER);
    const { program, env } = await portableHelper(place.path);
    const user = ["setpriv", "--reuid", String(USER), "--regid", String(USER)]
      .concat("--clear-groups");

    for (const mode of [["-n"], []]) {
      const stderr = await failedStart({
        args: [...mode, "-p", place.export, "-f", "99"],
        program,
        wrapper: user,
        env,
      });
      match(
        stderr,
        /error: Cannot jail \/\S+: without CAP_DAC_OVERRIDE, .*CAP_SYS_CHROOT; start as root, or in a user namespace: unshare --user --map-root-user --mount virtfs-proxy-helper …$/m,
      );
    }

    await using helper = await startHelper({
      place,
      program,
      wrapper: [...user, ...[
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
      ]],
      env,
    });
    equal(helper.client.mkdir("/made", 0o755, 0, 0).errno, 0);
    equal(Deno.statSync(`${place.export}/made`).uid, USER);
    await helper.finish();
  },
);
