/** In a user namespace: as an ordinary user, and as LXD and Incus run it. */
import { doesNotMatch, equal, match } from "node:assert/strict";
import { O_CREAT, O_RDWR } from "../../ffi/constants.ts";
import { startHelper } from "../support/helpers.ts";
import {
  FIRST_ID,
  IN_USER_NAMESPACE,
  withMappedIds,
} from "../support/namespaces.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { portableHelper } from "../support/portable.ts";
import { refused } from "../support/said.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("unshare");

test("With one mapped id and a mount namespace it serves, and says what it could not do", async () => {
  await using helper = await startHelper({ wrapper: IN_USER_NAMESPACE });
  const { client } = helper;
  equal(client.mkdir("/mine", 0o700, 0, 0).errno, 0);
  equal(Deno.statSync(`${helper.directory}/mine`).uid, Deno.uid());
  refused(client.mkdir("/theirs", 0o700, 1000, 1000), "EINVAL");
  refused(client.create("/theirs", O_RDWR | O_CREAT, 0o600, 0, 7), "EINVAL");
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
  doesNotMatch(output, /No private mount/);
});

test("With one mapped id and no mount namespace it serves from a plain chroot", async () => {
  await using helper = await startHelper({
    wrapper: ["unshare", "--user", "--map-root-user"],
  });
  equal(helper.client.mkdir("/mine", 0o700, 0, 0).errno, 0);
  match(
    await helper.finish(),
    /warning: No private mount \(open_tree: operation not permitted \[EPERM\]\)/,
  );
});

testsThatNeed("perl", "root")(
  "With many mapped ids owners are the namespace's, and all threads are stripped",
  async () => {
    using place = exportWorkspace();
    const path = place.export;
    Deno.chownSync(path, FIRST_ID, FIRST_ID);
    await using helper = await startHelper({
      ...await portableHelper(place.path),
      place,
      wrapper: withMappedIds,
    });
    const { client } = helper;
    equal(client.mkdir("/root", 0o700, 0, 0).errno, 0);
    equal(client.mkdir("/user", 0o700, 1000, 1001).errno, 0);
    equal(Deno.statSync(`${path}/root`).uid, FIRST_ID);
    equal(Deno.statSync(`${path}/user`).uid, FIRST_ID + 1000);
    equal(Deno.statSync(`${path}/user`).gid, FIRST_ID + 1001);
    equal(client.lstat("/user").value?.uid, 1000);
    refused(client.mkdir("/far", 0o700, 70000, 0), "EINVAL");
    doesNotMatch(await helper.finish(), /warning/);
  },
);
