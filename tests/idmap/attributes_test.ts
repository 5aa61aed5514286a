/** Attributes that hold ids: POSIX ACLs and file capabilities. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { aclIds, encodeAcl } from "../support/acl.ts";
import {
  createFile,
  FIRST,
  MAPPED,
  STRANGE,
  testsOfMappedIds,
} from "../support/mapped.ts";
import { done, outcome, refused } from "../support/said.ts";

const ACCESS = "system.posix_acl_access";
const DEFAULT = "system.posix_acl_default";
const CAPABILITY = "security.capability";
/** More room than is needed, which Linux 6.1 maps no ACL in. */
const ROOM = 200;
/** VFS_CAP_REVISION_2 with CAP_NET_RAW, and no id in it. */
const NET_RAW = new Uint8Array(20);
NET_RAW.set([1, 0, 0, 2, 0, 32]);

for (const kind of ["ext4", "xfs", "btrfs", "tmpfs"] as const) {
  const test = testsOfMappedIds(kind);

  test(`${kind}: an ACL of the guest's names the host's ids on disk`, async ({ start, host, path }) => {
    const { client } = await start();
    const ids = { user: 5, group: 6 };
    const onDisk = { user: FIRST + 5, group: FIRST + 6 };
    done(client.mkdir("/dir", 0o755, 0, 0));
    for (const name of [ACCESS, DEFAULT]) {
      done(client.lsetxattr("/dir", name, encodeAcl(ids), 0));
      deepEqual(aclIds(client.lgetxattr("/dir", name, ROOM).value!), ids);
      deepEqual(aclIds(host.xattr(`${path}/dir`, name)!), onDisk);
    }
    // What is made in there inherits it.
    createFile(client, "/dir/file", 0o664, 7, 8);
    deepEqual(aclIds(host.xattr(`${path}/dir/file`, ACCESS)!), onDisk);
  });

  test(`${kind}: an ACL that is there already has the guest's ids, and can't name others`, async ({ start, host, path }) => {
    Deno.writeTextFileSync(`${path}/file`, "old");
    host.lchown(`${path}/file`, FIRST, FIRST);
    const acl = encodeAcl({ user: FIRST + 5, group: FIRST + 6 });
    host.setXattr(`${path}/file`, ACCESS, acl);
    const { client } = await start();
    const seen = () => aclIds(client.lgetxattr("/file", ACCESS, ROOM).value!);
    deepEqual(seen(), { user: 5, group: 6 });
    for (const [user, group] of [[STRANGE, 6], [5, STRANGE]] as const) {
      const acl = encodeAcl({ user, group });
      // EINVAL now; which errno it is has changed with the kernel.
      notEqual(outcome(client.lsetxattr("/file", ACCESS, acl, 0)), "done");
    }
    deepEqual(seen(), { user: 5, group: 6 });
    deepEqual(aclIds(host.xattr(`${path}/file`, ACCESS)!), {
      user: FIRST + 5,
      group: FIRST + 6,
    });
  });

  test(`${kind}: a file capability, where it can be set, holds only for whom the guest's root is`, async ({ start, host, path }) => {
    const args = [...MAPPED, "--modcaps=+SETFCAP"];
    const { client } = await start(args);
    createFile(client, "/file", 0o755);
    done(client.lsetxattr("/file", CAPABILITY, NET_RAW, 0));
    const stored = host.xattr(`${path}/file`, CAPABILITY)!;
    // On disk it is of revision 3, whose last word is the root's id.
    equal(stored.length, 24);
    const view = new DataView(stored.buffer);
    equal(view.getUint32(0, true) >>> 24, 3);
    equal(view.getUint32(20, true), FIRST);
  });
}

const test = testsOfMappedIds();
test("Without CAP_SETFCAP a guest with mapped ids sets no file capability", async ({ start, host, path }) => {
  const { client } = await start();
  createFile(client, "/file", 0o755);
  refused(client.lsetxattr("/file", CAPABILITY, NET_RAW, 0), "EPERM");
  equal(host.xattr(`${path}/file`, CAPABILITY), undefined);
});
