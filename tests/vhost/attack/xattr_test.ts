/** Extended attributes of every namespace there is, and of none; set-id bits and file capabilities. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { O_RDWR, S_IFIFO } from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import * as attributes from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { OPEN } from "../../support/attack.ts";
import {
  bytes,
  fileCapabilities,
  FORBIDDEN,
  found,
} from "../../support/forbidden_attributes.ts";
import { attack } from "../support/attack.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const CAPABILITY = "security.capability";

/** ACLs are the host's here, too, as they are not asked for. */
const NOT_THE_GUESTS = {
  ...FORBIDDEN,
  "system.posix_acl_access": bytes("\x02\0\0\0"),
  "system.posix_acl_default": bytes("\x02\0\0\0"),
};

attack(
  "no attribute but user's can be set, and none that is the host's be read, listed or removed",
  (attack) => {
    const { session, host, said, stopped, export: top } = attack;
    const forbidden = Object.keys(NOT_THE_GUESTS);
    Deno.writeTextFileSync(`${top}/file`, OPEN);
    Deno.mkdirSync(`${top}/directory`);
    for (const name of ["file", "directory"]) {
      const node = session.must(names.lookup(ROOT, name)).nodeid;
      for (const [attribute, value] of Object.entries(NOT_THE_GUESTS)) {
        for (const flags of [0, 1, 2, 3, 0xffff_ffff]) {
          const request = attributes.setxattr(node, attribute, value, flags);
          ok(said(request) !== "done", `${attribute} was set`);
        }
      }
      deepEqual(found(host, `${top}/${name}`, forbidden), []);
    }
    const node = session.must(names.lookup(ROOT, "file")).nodeid;
    host.setXattr(`${top}/file`, "trusted.mark", bytes("secret"));
    for (const room of [0, 64]) {
      equal(said(attributes.getxattr(node, "trusted.mark", room)), "ENODATA");
      const list = session.must(attributes.listxattr(node, room));
      equal(room === 0 ? list : (list as Bytes).length, 0);
    }
    equal(said(attributes.removexattr(node, "trusted.mark")), "EPERM");
    deepEqual(found(host, `${top}/file`, forbidden), ["trusted.mark"]);
    stopped(
      `SETXATTR of ${forbidden.length} attributes that are not the guest's, with every flag; GETXATTR, LISTXATTR and REMOVEXATTR of the host's`,
      "the lack of CAP_SYS_ADMIN and CAP_SETFCAP, and the helper, which hides ACLs",
    );
  },
);

attack(
  "file capabilities and set-id bits go where something is written",
  (attack) => {
    const { session, host, said, stopped, export: top } = attack;
    const path = `${top}/file`;
    Deno.writeTextFileSync(path, OPEN);
    const node = session.must(names.lookup(ROOT, "file")).nodeid;
    const { fh } = session.must(files.open(node, O_RDWR));
    const data = bytes("x");
    const renew = () => {
      host.chmod(path, 0o6755);
      host.setXattr(path, CAPABILITY, fileCapabilities(0x400));
    };
    renew();
    equal(said(attributes.removexattr(node, CAPABILITY)), "EPERM");
    equal(
      said(attributes.setxattr(node, CAPABILITY, fileCapabilities(0xfff))),
      "EPERM",
    );
    deepEqual(host.xattr(path, CAPABILITY), fileCapabilities(0x400));
    const place = { nodeid: node, fh, offset: 0 };
    for (
      const [request, clears] of [
        [files.write(node, fh, 0, data, { killSuidGid: true }), true],
        [attributes.setattr(node, { size: 2, killSuidGid: true }), true],
        // What has no such flag leaves the bits: the guest's kernel takes them away.
        [files.write(node, fh, 0, data), false],
        [attributes.setattr(node, { size: 3 }), false],
        [files.copyFileRange({ ...place, offset: 2 }, place, 1), false],
      ] as const
    ) {
      renew();
      equal(said(request), "done", `${request.op}`);
      equal(host.xattr(path, CAPABILITY), undefined, `${request.op}`);
      const mode = host.lstat(path).mode & 0o7777;
      equal(
        mode,
        clears ? 0o755 : 0o6755,
        `${request.op}: ${mode.toString(8)}`,
      );
    }
    renew();
    equal(said(attributes.setattr(node, { uid: 7, gid: 7 })), "done");
    equal(host.xattr(path, CAPABILITY), undefined);
    session.must(files.release(node, fh));
    stopped(
      "to keep file capabilities, or set-id bits where the guest says so, over WRITE, SETATTR and COPY_FILE_RANGE",
      "the kernel, which takes them away",
    );
  },
  { killprivV2: true },
);

attack(
  "attributes are of files and directories, not of what is behind a link",
  (attack) => {
    const { session, host, said, stopped, secrets, export: top } = attack;
    host.symlink(`${secrets}/file`, `${top}/out`);
    host.mknod(`${top}/fifo`, S_IFIFO | 0o666);
    for (const name of ["out", "fifo"]) {
      const node = session.must(names.lookup(ROOT, name)).nodeid;
      equal(said(attributes.setxattr(node, "user.mark", bytes("x"))), "EPERM");
      const got = said(attributes.getxattr(node, "user.mark", 64));
      ok(["EPERM", "ENODATA"].includes(got), got);
      equal(said(attributes.removexattr(node, "user.mark")), "EPERM");
      equal((session.must(attributes.listxattr(node, 64)) as Bytes).length, 0);
    }
    stopped(
      "attributes of a symlink out of the export and of a FIFO",
      "the kernel: they have none of the user's (EPERM)",
    );
  },
);
