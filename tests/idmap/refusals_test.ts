/** Where ids can't be mapped the helper does not start, and says why. */
import { equal, match } from "node:assert/strict";
import { openLibc } from "../../ffi/libc.ts";
import { mountCalls } from "../../ffi/mounts.ts";
import { PROXY_FAST, PROXY_SELDOM } from "../../src/proxy/symbols.ts";
import { userNamespaceCalls } from "../../ffi/user_namespace.ts";
import { mountNew } from "../support/file_systems.ts";
import { startHelper, startServing } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { MAPPED } from "../support/mapped.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { System } from "../support/system.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "mapped ext4");

/** Starts a helper that has to refuse, and returns what it says. */
async function refusal(
  directory: string,
  wrapper: readonly string[] = [],
  args: readonly string[] = MAPPED,
): Promise<string> {
  await using helper = await startHelper({ directory, args, wrapper });
  const { code, output } = await helper.stop();
  equal(code, 1, output);
  equal(/Serving/.test(output), false, output);
  return output;
}

Deno.test({
  name: "overlay is refused, by its name and place",
  ignore: lacking("root", "overlay").length > 0,
  async fn() {
    using overlay = mountNew("overlay");
    match(
      await refusal(overlay.path),
      new RegExp(
        `error: Cannot map the ids of ${overlay.path}: the overlay at ${overlay.path} ` +
          "is of a kind that this kernel can't map ids of \\(mount_setattr: invalid argument \\[EINVAL\\]\\)\n",
      ),
    );
  },
});

Deno.test({
  name:
    "A mount below the export that can't be mapped is named, among those that can",
  ignore: lacking("root", "mapped ext4", "overlay").length > 0,
  async fn() {
    using ext4 = mountNew("ext4");
    for (const name of ["good", "a b", "inner"]) {
      Deno.mkdirSync(`${ext4.path}/${name}`);
    }
    using _good = mountNew("ext4", `${ext4.path}/good`);
    using _bad = mountNew("overlay", `${ext4.path}/a b`);
    match(
      await refusal(ext4.path),
      new RegExp(
        `error: Cannot map the ids of ${ext4.path}: the overlay at ${ext4.path}/a b is of a kind that[^;]*\n$`,
      ),
    );
    // By a symlink it is the same.
    using host = new Host();
    host.symlink(`${ext4.path}/a b`, `${ext4.path}/link`);
    match(
      await refusal(`${ext4.path}/link`),
      new RegExp(
        `error: Cannot map the ids of ${ext4.path}/link: the overlay at ${ext4.path}/a b is of a kind that[^;]*\n$`,
      ),
    );
    // A directory beside them has no such mount in it.
    await using _ = await startServing({
      directory: `${ext4.path}/inner`,
      args: MAPPED,
    });
  },
});

test("Mounts below the export are mapped, too", async () => {
  using outer = mountNew("ext4");
  using host = new Host();
  Deno.mkdirSync(`${outer.path}/inner`);
  using inner = mountNew("ext4", `${outer.path}/inner`);
  for (const path of [outer.path, inner.path]) {
    host.lchown(path, 100_000, 100_000);
  }
  await using helper = await startHelper({
    directory: outer.path,
    args: MAPPED,
  });
  done(helper.client.mkdir("/inner/new", 0o700, 3, 4));
  const { uid, gid } = host.lstat(`${inner.path}/new`);
  equal(`${uid}:${gid}`, "100003:100004");
  refused(helper.client.mkdir("/inner/no", 0o700, 70_000, 4), "EOVERFLOW");
});

test("A mount whose ids are mapped already is refused", async () => {
  using ext4 = mountNew("ext4");
  using elsewhere = workspace();
  using system = new System();
  const libc = openLibc(PROXY_FAST, PROXY_SELDOM);
  const mounts = mountCalls(libc);
  const namespaces = userNamespaceCalls(libc);
  const namespace = namespaces.make("1000 0 1\n", "1000 0 1\n");
  const tree = mounts.cloneTree(ext4.path);
  mounts.mapIds(tree, namespace);
  system.mountTree(tree, elsewhere.path);
  for (const fd of [tree, namespace]) mounts.close(fd);
  libc.close();
  match(
    await refusal(elsewhere.path),
    new RegExp(
      `error: Cannot map the ids of ${elsewhere.path}: the ext4 at ${elsewhere.path} ` +
        "is mapped already, and can be mapped only once \\(mount_setattr: operation not permitted \\[EPERM\\]\\)\n$",
    ),
  );
  system.unmountAll();
});

for (
  const [capability, words] of [
    [
      "sys_admin",
      /error: Cannot export .* with mapped ids: the kernel refuses a private mount \(open_tree: operation not permitted \[EPERM\]\); run with CAP_SYS_ADMIN on Linux 5.12/,
    ],
    [
      "setfcap",
      /error: Cannot map ids: the kernel makes no user namespace for it \(write uid_map: operation not permitted \[EPERM\]\); start as root, with CAP_SETUID, CAP_SETGID and CAP_SETFCAP/,
    ],
  ] as const
) {
  Deno.test({
    name:
      `Without CAP_${capability.toUpperCase()} ids are not mapped, and nothing is served`,
    ignore: lacking("root", "setpriv").length > 0,
    async fn() {
      using directory = workspace();
      match(
        await refusal(directory.path, [
          "setpriv",
          "--bounding-set",
          `-${capability}`,
        ]),
        words,
      );
    },
  });
}

Deno.test({
  name: "In a user namespace the host's file systems are refused",
  ignore: lacking("root", "mapped ext4", "unshare").length > 0,
  async fn() {
    using ext4 = mountNew("ext4");
    match(
      await refusal(
        ext4.path,
        ["unshare", "--user", "--map-root-user", "--mount"],
        ["--uid-map=0:1:1", "--gid-map=0:1:1"],
      ),
      /error: Cannot map the ids of .*: the ext4 at .* does not belong to the user namespace of the helper \(mount_setattr: operation not permitted \[EPERM\]\)/,
    );
  },
});

Deno.test({
  name: "Where no user namespaces are left, the limit is named",
  ignore: lacking("root", "unshare").length > 0,
  async fn() {
    using directory = workspace();
    // The limit is that of a user namespace, which this one does not share.
    match(
      await refusal(directory.path, [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" "$@"',
      ]),
      /error: Cannot map ids: .* \(clone: no space left \[ENOSPC\]\); raise \/proc\/sys\/user\/max_user_namespaces/,
    );
  },
});
