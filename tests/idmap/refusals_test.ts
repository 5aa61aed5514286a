/** Where ids can't be mapped the helper does not start, and says why. */
import { equal, match } from "node:assert/strict";
import { openLibc } from "../../ffi/libc.ts";
import { mountCalls } from "../../ffi/mounts.ts";
import { PROXY_FAST, PROXY_SELDOM } from "../../src/proxy/symbols.ts";
import { userNamespaceCalls } from "../../ffi/user_namespace.ts";
import { mountNew } from "../support/file_systems.ts";
import { refusal, startServing } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { MAPPED } from "../support/mapped.ts";
import { IN_USER_NAMESPACE } from "../support/namespaces.ts";
import { withoutCapability } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { System } from "../support/system.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "mapped ext4");

testsThatNeed("root", "overlay")(
  "overlay is refused, by its name and place",
  async () => {
    using overlay = mountNew("overlay");
    match(
      await refusal({ directory: overlay.path, args: MAPPED }),
      new RegExp(
        `error: Cannot map the ids of ${overlay.path}: the overlay at ${overlay.path} ` +
          "is of a kind that this kernel can't map ids of \\(mount_setattr: invalid argument \\[EINVAL\\]\\)\n",
      ),
    );
  },
);

testsThatNeed("root", "mapped ext4", "overlay")(
  "A mount below the export that can't be mapped is named, among those that can",
  async () => {
    using ext4 = mountNew("ext4");
    const { path } = ext4;
    for (const name of ["good", "a b", "inner"]) {
      Deno.mkdirSync(`${path}/${name}`);
    }
    using _good = mountNew("ext4", `${path}/good`);
    using _bad = mountNew("overlay", `${path}/a b`);
    // By a symlink it is the same.
    using host = new Host();
    host.symlink(`${path}/a b`, `${path}/link`);
    for (const directory of [path, `${path}/link`]) {
      match(
        await refusal({ directory, args: MAPPED }),
        new RegExp(
          `error: Cannot map the ids of ${directory}: the overlay at ${path}/a b is of a kind that[^;]*\n$`,
        ),
      );
    }
    // A directory beside them has no such mount in it.
    await using _ = await startServing({
      directory: `${path}/inner`,
      args: MAPPED,
    });
  },
);

test("Mounts below the export are mapped, too", async () => {
  using outer = mountNew("ext4");
  using host = new Host();
  Deno.mkdirSync(`${outer.path}/inner`);
  using inner = mountNew("ext4", `${outer.path}/inner`);
  for (const path of [outer.path, inner.path]) {
    host.lchown(path, 100_000, 100_000);
  }
  await using helper = await startServing({
    directory: outer.path,
    args: MAPPED,
  });
  const { client } = helper;
  done(client.mkdir("/inner/new", 0o700, 3, 4));
  const { uid, gid } = host.lstat(`${inner.path}/new`);
  equal(`${uid}:${gid}`, "100003:100004");
  refused(client.mkdir("/inner/no", 0o700, 70_000, 4), "EOVERFLOW");
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
    await refusal({ directory: elsewhere.path, args: MAPPED }),
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
      /error: Cannot share .* with mapped ids: the kernel refuses a private mount \(open_tree: operation not permitted \[EPERM\]\); run with CAP_SYS_ADMIN on Linux 5.12/,
    ],
    [
      "setfcap",
      /error: Cannot map ids: the kernel makes no user namespace for it \(write uid_map: operation not permitted \[EPERM\]\); start as root, with CAP_SETUID, CAP_SETGID and CAP_SETFCAP/,
    ],
  ] as const
) {
  const test = testsThatNeed("root", "setpriv");
  test(`Without CAP_${capability.toUpperCase()} ids are not mapped, and nothing is served`, async () => {
    const wrapper = withoutCapability(capability);
    match(await refusal({ args: MAPPED, wrapper }), words);
  });
}

testsThatNeed("root", "mapped ext4", "unshare")(
  "In a user namespace the host's file systems are refused",
  async () => {
    using ext4 = mountNew("ext4");
    match(
      await refusal({
        directory: ext4.path,
        wrapper: IN_USER_NAMESPACE,
        args: ["--uid-map=0:1:1", "--gid-map=0:1:1"],
      }),
      /error: Cannot map the ids of .*: the ext4 at .* does not belong to the user namespace of the helper \(mount_setattr: operation not permitted \[EPERM\]\)/,
    );
  },
);

testsThatNeed("root", "unshare")(
  "Where no user namespaces are left, the limit is named",
  async () => {
    // The limit is that of a user namespace, which this one does not share.
    const limit =
      'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" "$@"';
    match(
      await refusal({
        args: MAPPED,
        wrapper: [...IN_USER_NAMESPACE, "sh", "-c", limit],
      }),
      /error: Cannot map ids: .* \(clone: no space left \[ENOSPC\]\); raise \/proc\/sys\/user\/max_user_namespaces/,
    );
  },
);
