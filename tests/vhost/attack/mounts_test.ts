/** The host mounts and unmounts in the export while a guest asks for what is there. */
import { equal } from "node:assert/strict";
import { O_RDWR } from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import * as directories from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { makeFiles, OPEN } from "../../support/attack.ts";
import { attack } from "../support/attack.ts";
import { race, volley } from "../support/race.ts";

attack(
  "what the host mounts is not reached, while it comes and goes",
  async (attack) => {
    const { session, host, stopped, export: top, secrets } = attack;
    makeFiles(host, `${top}/way`, OPEN);
    const inode = host.lstat(`${top}/way/file`).ino;
    const way = session.must(names.lookup(ROOT, "way")).nodeid;
    let asked = 0;
    const times = await race(
      ["bind", secrets, `${top}/way`],
      () => {
        const found = session.must(names.lookup(ROOT, "way"));
        equal(found.nodeid, way);
        const { nodeid, attributes } = session.must(names.lookup(way, "file"));
        equal(attributes.ino, inode);
        const { fh } = session.must(files.open(nodeid, O_RDWR));
        const data = session.must(files.read(nodeid, fh, 0, 64));
        equal(new TextDecoder().decode(data), OPEN);
        session.must(files.release(nodeid, fh));
        const tree = session.must(directories.opendir(way)).fh;
        for (
          const { entry } of session.must(
            directories.readdirplus(way, tree, 0n),
          )
        ) {
          if (entry.nodeid === 0) continue;
          equal(attack.isSecret(entry.attributes), false);
          session.must(forget(entry.nodeid));
        }
        session.must(directories.releasedir(way, tree));
        const made = volley(session, [
          names.create(way, "new", O_RDWR, 0o600),
          names.unlink(way, "new"),
        ]);
        equal(made.map(({ errno }) => errno).join(), "0,0");
        const { nodeid: node, opened } = made[0]!.value as {
          nodeid: number;
          opened: { fh: bigint };
        };
        session.must(files.release(node, opened.fh));
        session.must(forget(node));
        session.must(forget(nodeid));
        session.must(forget(way));
        asked++;
      },
      () => asked > 1000,
    );
    stopped(
      `requests in a directory on which the host mounted another, ${times} times`,
      "the private clone of the mount",
    );
  },
);
