/** On each file system that can map ids: whose files are on disk, and whose they seem. */
import { deepEqual, equal } from "node:assert/strict";
import { O_CREAT, O_EXCL, O_RDWR, S_IFIFO } from "../../ffi/constants.ts";
import {
  createFile,
  FIRST,
  NOBODY,
  STRANGE,
  testsOfMappedIds,
} from "../support/mapped.ts";
import { done, outcome, refused } from "../support/said.ts";

const USER = 1000;
const GROUP = 1001;
const CREATE = O_RDWR | O_CREAT | O_EXCL;

for (const kind of ["ext4", "xfs", "btrfs", "tmpfs"] as const) {
  const test = testsOfMappedIds(kind);

  test(`${kind}: all that is made belongs to the host's ids`, async ({ start, onHost, inGuest }) => {
    const { client } = await start();
    const owners = [[0, 0], [0, GROUP], [USER, 0], [USER, GROUP]];
    for (const [uid = 0, gid = 0] of owners) {
      const name = (what: string) => `${what}-${uid}-${gid}`;
      createFile(client, `/${name("file")}`, 0o640, uid, gid);
      done(client.mkdir(`/${name("dir")}`, 0o750, uid, gid));
      done(client.symlink("x", `/${name("link")}`, uid, gid));
      done(client.mknod(`/${name("fifo")}`, S_IFIFO | 0o600, 0n, uid, gid));
      const modes = { file: 640, dir: 750, link: 777, fifo: 600 };
      for (const [what, mode] of Object.entries(modes)) {
        equal(onHost(name(what)), `${FIRST + uid}:${FIRST + gid} ${mode}`);
        equal(inGuest(name(what)), `${uid}:${gid} ${mode}`);
      }
    }
  });

  test(`${kind}: nothing is made for an id that the guest does not have`, async ({ start, path }) => {
    const { client } = await start();
    const owners = [[STRANGE, 0], [0, STRANGE], [STRANGE, STRANGE]];
    for (const [uid = 0, gid = 0] of owners) {
      deepEqual(
        [
          client.create("/a", CREATE, 0o600, uid, gid),
          client.mkdir("/a", 0o700, uid, gid),
          client.symlink("x", "/a", uid, gid),
          client.mknod("/a", S_IFIFO | 0o600, 0n, uid, gid),
        ].map(outcome),
        Array(4).fill("EOVERFLOW"),
      );
    }
    done(client.mkdir("/mine", 0o700, 0, 0));
    deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), ["mine"]);
  });

  test(`${kind}: chown gives files to the host's ids, and to no other`, async ({ start, onHost, inGuest }) => {
    const { client } = await start();
    createFile(client, "/file", 0o600);
    done(client.symlink("file", "/link", 0, 0));
    done(client.chmod("/file", 0o6755));
    equal(onHost("file"), `${FIRST}:${FIRST} 6755`);
    done(client.chown("/link", 5, 6));
    equal(onHost("file"), `${FIRST}:${FIRST} 6755`);
    equal(onHost("link"), `${FIRST + 5}:${FIRST + 6} 777`);
    for (const [uid, gid] of [[STRANGE, 0], [0, STRANGE]] as const) {
      refused(client.chown("/file", uid, gid), "EOVERFLOW");
    }
    equal(onHost("file"), `${FIRST}:${FIRST} 6755`);
    done(client.chown("/file", USER, GROUP));
    // Bits that would hold for the new owner are gone.
    equal(onHost("file"), `${FIRST + USER}:${FIRST + GROUP} 755`);
    done(client.chown("/file", 0xffffffff, 7));
    done(client.chown("/file", 8, 0xffffffff));
    equal(inGuest("file"), "8:7 755");
    refused(client.chown("/none", 0, 0), "ENOENT");
  });

  test(`${kind}: setuid and setgid files are those of the host's ids`, async ({ start, onHost, inGuest }) => {
    const { client } = await start();
    for (const [name, uid, gid] of [["r", 0, 0], ["u", 9, 10]] as const) {
      createFile(client, `/${name}`, 0o700, uid, gid);
      done(client.chmod(`/${name}`, 0o6711));
      equal(onHost(name), `${FIRST + uid}:${FIRST + gid} 6711`);
    }
    // A setgid directory hands down its group.
    done(client.mkdir("/dir", 0o777, 0, GROUP));
    done(client.chmod("/dir", 0o2777));
    done(client.mkdir("/dir/below", 0o700, USER, USER));
    equal(inGuest("dir/below"), `${USER}:${GROUP} 2700`);
    equal(onHost("dir/below"), `${FIRST + USER}:${FIRST + GROUP} 2700`);
  });

  test(`${kind}: a tree that is there already has the guest's owners`, async ({ start, host, path, onHost, inGuest }) => {
    const own = (name: string, uid: number, gid: number) =>
      host.lchown(`${path}/${name}`, uid, gid);
    Deno.mkdirSync(`${path}/tree/deep`, { recursive: true });
    Deno.writeTextFileSync(`${path}/tree/deep/file`, "old");
    host.symlink("file", `${path}/tree/deep/link`);
    Deno.writeTextFileSync(`${path}/roots`, "old");
    Deno.writeTextFileSync(`${path}/last`, "old");
    own("tree", FIRST, FIRST);
    own("tree/deep", FIRST + USER, FIRST + GROUP);
    own("tree/deep/file", FIRST + USER, FIRST);
    own("tree/deep/link", FIRST, FIRST + USER);
    own("last", FIRST + 65535, FIRST + 65535);
    const { client } = await start();
    equal(inGuest("tree"), "0:0 755");
    equal(inGuest("tree/deep"), `${USER}:${GROUP} 755`);
    equal(inGuest("tree/deep/file"), `${USER}:0 644`);
    equal(inGuest("tree/deep/link"), `0:${USER} 777`);
    equal(inGuest("roots"), `${NOBODY}:${NOBODY} 644`);
    equal(inGuest("last"), "65535:65535 644");
    // Names move between owners as they do elsewhere.
    done(client.rename("/tree/deep/file", "/tree/file"));
    done(client.link("/tree/file", "/tree/deep/again"));
    done(client.rename("/last", "/tree/file"));
    equal(onHost("tree/deep/again"), `${FIRST + USER}:${FIRST} 644`);
    equal(onHost("tree/file"), `${FIRST + 65535}:${FIRST + 65535} 644`);
    done(client.remove("/tree/deep/again"));
    createFile(client, "/tree/new", 0o600);
    equal(onHost("tree/new"), `${FIRST}:${FIRST} 600`);
  });
}
