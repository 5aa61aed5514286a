/** Owners of whom the guest gives no number, 9p's -1, where ids are mapped. */
import { equal } from "node:assert/strict";
import { O_CREAT, O_EXCL, O_WRONLY, S_IFIFO } from "../../ffi/constants.ts";
import { FIRST, MAPPED, testsOfMappedIds } from "../support/mapped.ts";
import { done } from "../support/said.ts";

const test = testsOfMappedIds();
const NONE = 0xffff_ffff;

/** Maps, and whose files are on the host for which no number is given. */
const MAPS = {
  "has the guest's 0": { args: MAPPED, own: FIRST, user: FIRST + 1000 },
  "has no 0": {
    args: ["--uid-map=1000:100000:10", "--gid-map=1000:100000:10"],
    own: FIRST,
    user: FIRST,
  },
} as const;

for (const [what, { args, own, user }] of Object.entries(MAPS)) {
  test(`Under a map that ${what} an owner of -1 is the lowest that there is`, async ({ start, onHost }) => {
    const { client, connection } = await start(args);
    for (
      const [uid, gid, owner] of [
        [NONE, NONE, `${own}:${own}`],
        [1000, NONE, `${user}:${own}`],
        [NONE, 1000, `${own}:${user}`],
      ] as const
    ) {
      const fd = client.create(
        "/file",
        O_CREAT | O_EXCL | O_WRONLY,
        0o600,
        uid,
        gid,
      );
      done(fd);
      connection.closeDescriptor(fd.value!);
      done(client.mkdir("/dir", 0o700, uid, gid));
      done(client.symlink("x", "/link", uid, gid));
      const fifo = S_IFIFO | 0o600;
      done(client.mknod("/fifo", fifo, 0n, uid, gid));
      for (const name of ["file", "dir", "link", "fifo"]) {
        equal(onHost(name).split(" ")[0], owner, name);
        done(client.remove(`/${name}`));
      }
    }
  });
}
