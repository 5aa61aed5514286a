/** Attributes that hold ids: POSIX ACLs and file capabilities. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { O_CREAT, O_EXCL, O_RDWR } from "../../ffi/constants.ts";
import { aclIds, encodeAcl } from "../support/acl.ts";
import { lacking } from "../support/requirements.ts";
import { FIRST, MAPPED, mapped, STRANGE } from "../support/mapped.ts";
import { done, outcome, refused } from "../support/said.ts";

const ACCESS = "system.posix_acl_access";
const DEFAULT = "system.posix_acl_default";
const CAPABILITY = "security.capability";
/** More room than is needed, which Linux 6.1 maps no ACL in. */
const ROOM = 200;
const CREATE = O_RDWR | O_CREAT | O_EXCL;

for (const kind of ["ext4", "xfs", "btrfs", "tmpfs"] as const) {
  const needs = { ignore: lacking("root", `mapped ${kind}`).length > 0 };

  Deno.test({
    name: `${kind}: an ACL of the guest's names the host's ids on disk`,
    ...needs,
    async fn() {
      await mapped({
        kind,
        run({ client, connection, host, path }) {
          const ids = { user: 5, group: 6 };
          const onDisk = { user: FIRST + 5, group: FIRST + 6 };
          done(client.mkdir("/dir", 0o755, 0, 0));
          for (const name of [ACCESS, DEFAULT]) {
            done(client.lsetxattr("/dir", name, encodeAcl(ids), 0));
            deepEqual(
              aclIds(client.lgetxattr("/dir", name, ROOM).value!),
              ids,
            );
            deepEqual(aclIds(host.xattr(`${path}/dir`, name)!), onDisk);
          }
          // What is made in there inherits it.
          connection.closeDescriptor(
            client.create("/dir/file", CREATE, 0o664, 7, 8).value!,
          );
          deepEqual(aclIds(host.xattr(`${path}/dir/file`, ACCESS)!), onDisk);
        },
      });
    },
  });

  Deno.test({
    name:
      `${kind}: an ACL that is there already has the guest's ids, and can't name others`,
    ...needs,
    async fn() {
      await mapped({
        kind,
        prepare(host, path) {
          Deno.writeTextFileSync(`${path}/file`, "old");
          host.lchown(`${path}/file`, FIRST, FIRST);
          const acl = encodeAcl({ user: FIRST + 5, group: FIRST + 6 });
          host.setXattr(`${path}/file`, ACCESS, acl);
        },
        run({ client, host, path }) {
          const seen = () =>
            aclIds(client.lgetxattr("/file", ACCESS, ROOM).value!);
          deepEqual(seen(), { user: 5, group: 6 });
          for (
            const ids of [{ user: STRANGE, group: 6 }, {
              user: 5,
              group: STRANGE,
            }]
          ) {
            // EINVAL now; which errno it is has changed with the kernel.
            notEqual(
              outcome(client.lsetxattr("/file", ACCESS, encodeAcl(ids), 0)),
              "done",
            );
          }
          deepEqual(seen(), { user: 5, group: 6 });
          deepEqual(aclIds(host.xattr(`${path}/file`, ACCESS)!), {
            user: FIRST + 5,
            group: FIRST + 6,
          });
        },
      });
    },
  });

  Deno.test({
    name:
      `${kind}: a file capability, where it can be set, holds only for whom the guest's root is`,
    ...needs,
    async fn() {
      await mapped({
        kind,
        args: [...MAPPED, "--modcaps=+SETFCAP"],
        run({ client, connection, host, path }) {
          connection.closeDescriptor(
            client.create("/file", CREATE, 0o755, 0, 0).value!,
          );
          // VFS_CAP_REVISION_2 with CAP_NET_RAW, and no id in it.
          const capability = new Uint8Array(20);
          capability.set([1, 0, 0, 2, 0, 32]);
          done(client.lsetxattr("/file", CAPABILITY, capability, 0));
          const stored = host.xattr(`${path}/file`, CAPABILITY)!;
          // On disk it is of revision 3, whose last word is the root's id.
          equal(stored.length, 24);
          const view = new DataView(stored.buffer);
          equal(view.getUint32(0, true) >>> 24, 3);
          equal(view.getUint32(20, true), FIRST);
        },
      });
    },
  });
}

Deno.test({
  name: "Without CAP_SETFCAP a guest with mapped ids sets no file capability",
  ignore: lacking("root", "mapped ext4").length > 0,
  async fn() {
    await mapped({
      run({ client, connection, host, path }) {
        connection.closeDescriptor(
          client.create("/file", CREATE, 0o755, 0, 0).value!,
        );
        const capability = new Uint8Array(20);
        capability.set([1, 0, 0, 2, 0, 32]);
        refused(client.lsetxattr("/file", CAPABILITY, capability, 0), "EPERM");
        equal(host.xattr(`${path}/file`, CAPABILITY), undefined);
      },
    });
  },
});
