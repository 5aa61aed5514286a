/** What is passed to QEMU is mapped as well: the kernel does it, not the helper. */
import { deepEqual, equal, throws } from "node:assert/strict";
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
} from "../../ffi/constants.ts";
import { FIRST, testsOfMappedIds } from "../support/mapped.ts";

const test = testsOfMappedIds();

test("A passed file shows the guest's ids, and what is written has the host's", async ({ start, host, path, onHost }) => {
  const { client, connection } = await start();
  const flags = O_RDWR | O_CREAT | O_EXCL;
  const fd = client.create("/file", flags, 0o600, 5, 6).value!;
  const { uid, gid } = host.fstat(fd);
  deepEqual([uid, gid], [5, 6]);
  host.write(fd, "written by QEMU");
  connection.closeDescriptor(fd);
  equal(onHost("file"), `${FIRST + 5}:${FIRST + 6} 600`);
  equal(Deno.readTextFileSync(`${path}/file`), "written by QEMU");
});

test("By a passed directory root makes files of the mapped id, and gets at no stranger's", async ({ start, host, path, onHost }) => {
  Deno.mkdirSync(`${path}/dir`);
  host.lchown(`${path}/dir`, FIRST, FIRST);
  Deno.writeTextFileSync(`${path}/dir/roots`, "the host's root's");
  host.chmod(`${path}/dir/roots`, 0o600);
  const helper = await start();
  const { client, connection } = helper;
  const fd = client.open("/dir", O_RDONLY | O_DIRECTORY).value!;
  // This test is root, with all capabilities, and QEMU has fewer.
  connection.closeDescriptor(host.openAt(fd, "new", O_RDWR | O_CREAT | O_EXCL));
  equal(onHost("dir/new"), `${FIRST}:${FIRST} 600`);
  throws(() => host.openAt(fd, "roots"), /EACCES/);
  // So it is for whoever looks into the jail from outside.
  throws(() => host.readFile(`/proc/${helper.pid}/root/dir/roots`), /EACCES/);
  connection.closeDescriptor(fd);
});
