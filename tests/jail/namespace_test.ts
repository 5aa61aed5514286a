/** In a user namespace: as an ordinary user, and as LXD and Incus run it. */
import { equal, match } from "node:assert/strict";
import { O_CREAT, O_RDWR } from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import { startHelper } from "../support/helpers.ts";
import { FIRST_ID, withMappedIds } from "../support/namespaces.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { portableHelper } from "../support/portable.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("unshare");

test("With one mapped id and a mount namespace it serves, and says what it could not do", async () => {
  using directory = workspace();
  await using helper = await startHelper({
    directory: directory.path,
    wrapper: ["unshare", "--user", "--map-root-user", "--mount"],
  });
  const { client } = helper;
  equal(client.mkdir("/mine", 0o700, 0, 0).errno, 0);
  equal(Deno.statSync(`${directory.path}/mine`).uid, Deno.uid());
  equal(
    errnoName(client.mkdir("/theirs", 0o700, 1000, 1000).errno),
    "EINVAL",
  );
  equal(
    errnoName(client.create("/theirs", O_RDWR | O_CREAT, 0o600, 0, 7).errno),
    "EINVAL",
  );
  equal(
    client.mkdir("/mine/too", 0o700, 0, 0).errno,
    0,
    "the identity is back",
  );
  const output = await helper.finish();
  match(
    output,
    /warning: Other threads keep the rights of this user namespace's root/,
  );
  equal(/No private mount/.test(output), false);
});

test("With one mapped id and no mount namespace it serves from a plain chroot", async () => {
  using directory = workspace();
  await using helper = await startHelper({
    directory: directory.path,
    wrapper: ["unshare", "--user", "--map-root-user"],
  });
  equal(helper.client.mkdir("/mine", 0o700, 0, 0).errno, 0);
  const output = await helper.finish();
  match(
    output,
    /warning: No private mount \(open_tree: operation not permitted \[EPERM\]\)/,
  );
});

Deno.test({
  name:
    "With many mapped ids owners are the namespace's, and all threads are stripped",
  ignore: lacking("perl", "root").length > 0,
  async fn() {
    using directory = workspace();
    Deno.chmodSync(directory.path, 0o755);
    const path = `${directory.path}/export`;
    Deno.mkdirSync(path);
    Deno.chownSync(path, FIRST_ID, FIRST_ID);
    await using helper = await startHelper({
      ...await portableHelper(directory.path),
      directory: path,
      wrapper: withMappedIds,
    });
    const { client } = helper;
    equal(client.mkdir("/root", 0o700, 0, 0).errno, 0);
    equal(client.mkdir("/user", 0o700, 1000, 1001).errno, 0);
    equal(Deno.statSync(`${path}/root`).uid, FIRST_ID);
    equal(Deno.statSync(`${path}/user`).uid, FIRST_ID + 1000);
    equal(Deno.statSync(`${path}/user`).gid, FIRST_ID + 1001);
    equal(client.lstat("/user").value?.uid, 1000);
    equal(errnoName(client.mkdir("/far", 0o700, 70000, 0).errno), "EINVAL");
    const output = await helper.finish();
    equal(/warning/.test(output), false, output);
  },
});
