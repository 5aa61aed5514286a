/** Extended attributes. */
import { deepEqual, equal } from "node:assert/strict";
import { S_IFCHR } from "../../../ffi/constants.ts";
import type { Request } from "../../../src/vhost_user_fs/client/request.ts";
import {
  getxattr,
  listxattr,
  removexattr,
  setxattr,
  XATTR_CREATE,
  XATTR_REPLACE,
} from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { nodeOf } from "../support/share_files.ts";
import { forEachServer, type Place } from "../support/each_server.ts";

const VALUE = new TextEncoder().encode("value");

function makeFiles({ host, path }: Place): void {
  Deno.writeTextFileSync(path("file"), "hello");
  Deno.mkdirSync(path("dir"));
  host.symlink("file", path("link"));
  host.mkfifo(path("fifo"));
  host.mknod(path("null"), S_IFCHR | 0o600, 0x103n);
  for (const name of ["file", "dir"]) {
    host.setXattr(path(name), "user.of the host", VALUE);
  }
}

forEachServer("xattrs are set, read, listed and removed", (trial) => {
  const { host, path } = trial;
  for (const name of ["file", "dir"]) {
    const node = nodeOf(trial, name);
    deepEqual(trial.must(getxattr(node, "user.of the host")), VALUE);
    equal(trial.must(getxattr(node, "user.of the host", 0)), 5);
    equal(trial.must(listxattr(node, 0)), 17);
    trial.must(setxattr(node, "user.a", VALUE));
    deepEqual(host.xattr(path(name), "user.a"), VALUE);
    trial.must(setxattr(node, "user.a", new Uint8Array(0), XATTR_REPLACE));
    deepEqual(trial.must(getxattr(node, "user.a")), new Uint8Array(0));
    equal(trial.must(getxattr(node, "user.a", 0)), 0);
    trial.must(setxattr(node, "user.b", VALUE, XATTR_CREATE));
    const listed = new TextDecoder().decode(
      trial.must(listxattr(node)) as Uint8Array,
    );
    deepEqual(listed.split("\0").sort(), [
      "",
      "user.a",
      "user.b",
      "user.of the host",
    ]);
    trial.must(removexattr(node, "user.a"));
    equal(host.xattr(path(name), "user.a"), undefined);
  }
}, { prepare: makeFiles, needs: ["xattrs"] });

forEachServer("xattrs of what cannot be opened", (trial) => {
  for (const name of ["link", "fifo", "null"]) {
    const node = nodeOf(trial, name);
    trial.expect(
      `SETXATTR user.a of a ${name}`,
      setxattr(node, "user.a", VALUE),
      "EPERM",
    );
    trial.expect(
      `GETXATTR user.a of a ${name}`,
      getxattr(node, "user.a"),
      "ENODATA",
    );
    trial.expect(`LISTXATTR of a ${name}`, listxattr(node), "done");
    trial.expect(
      `REMOVEXATTR user.a of a ${name}`,
      removexattr(node, "user.a"),
      "EPERM",
    );
    trial.host.setXattr(trial.path(name), "trusted.a", VALUE);
    trial.expect(
      `GETXATTR trusted.a of a ${name}`,
      getxattr(node, "trusted.a"),
      "ENODATA",
    );
  }
}, { prepare: makeFiles, needs: ["xattrs"] });

forEachServer("xattrs: errnos", (trial) => {
  const node = nodeOf(trial, "file");
  const rows: [string, Request<unknown>, string][] = [
    ["GETXATTR of a missing one", getxattr(node, "user.none"), "ENODATA"],
    [
      "GETXATTR of the length of a missing one",
      getxattr(node, "user.none", 0),
      "ENODATA",
    ],
    [
      "GETXATTR into too little",
      getxattr(node, "user.of the host", 4),
      "ERANGE",
    ],
    ["GETXATTR without a namespace", getxattr(node, "none"), "EOPNOTSUPP"],
    [
      "GETXATTR of a name of 256 bytes",
      getxattr(node, `user.${"n".repeat(251)}`),
      "ERANGE",
    ],
    ["GETXATTR without a name", getxattr(node, ""), "ERANGE"],
    ["LISTXATTR into too little", listxattr(node, 4), "ERANGE"],
    [
      "SETXATTR with CREATE of one that is there",
      setxattr(node, "user.of the host", VALUE, XATTR_CREATE),
      "EEXIST",
    ],
    [
      "SETXATTR with REPLACE of a missing one",
      setxattr(node, "user.none", VALUE, XATTR_REPLACE),
      "ENODATA",
    ],
    [
      "SETXATTR without a namespace",
      setxattr(node, "none", VALUE),
      "EOPNOTSUPP",
    ],
    [
      "SETXATTR with unknown flags",
      setxattr(node, "user.a", VALUE, 0x10),
      "EINVAL",
    ],
    [
      "SETXATTR of a name of 256 bytes",
      setxattr(node, `user.${"n".repeat(251)}`, VALUE),
      "ERANGE",
    ],
    ["SETXATTR of a trusted one", setxattr(node, "trusted.a", VALUE), "EPERM"],
    [
      "SETXATTR of more than the kernel takes",
      setxattr(node, "user.a", new Uint8Array(65537)),
      "E2BIG",
    ],
    ["REMOVEXATTR of a missing one", removexattr(node, "user.none"), "ENODATA"],
    [
      "REMOVEXATTR without a namespace",
      removexattr(node, "none"),
      "EOPNOTSUPP",
    ],
    ["GETXATTR of an unknown node", getxattr(987_654, "user.a"), "ESTALE"],
    ["LISTXATTR of an unknown node", listxattr(987_654), "ESTALE"],
    [
      "SETXATTR of an unknown node",
      setxattr(987_654, "user.a", VALUE),
      "ESTALE",
    ],
    [
      "REMOVEXATTR of an unknown node",
      removexattr(987_654, "user.a"),
      "ESTALE",
    ],
  ];
  for (const row of rows) trial.expect(...row);
}, { prepare: makeFiles, needs: ["xattrs"] });

forEachServer("a value of 65536 bytes", (trial) => {
  const node = nodeOf(trial, "big");
  const value = crypto.getRandomValues(new Uint8Array(65536));
  trial.must(setxattr(node, "user.big", value));
  deepEqual(trial.must(getxattr(node, "user.big")), value);
  equal(trial.must(getxattr(node, "user.big", 0)), 65536);
}, {
  needs: ["big xattrs"],
  prepare({ system, path }) {
    system.mountTmpfs(path(""), "size=1m");
    Deno.writeTextFileSync(path("big"), "");
  },
});

forEachServer(
  "without xattrs the guest is told that there are none, ever",
  (trial) => {
    const node = nodeOf(trial, "file");
    for (
      const request of [
        getxattr(node, "user.of the host"),
        setxattr(node, "user.a", VALUE),
        listxattr(node),
        removexattr(node, "user.a"),
      ] as Request<unknown>[]
    ) {
      trial.expect(`${request.op} without --xattr`, request, "ENOSYS");
    }
  },
  { prepare: makeFiles, needs: ["xattrs"], xattr: false },
);
