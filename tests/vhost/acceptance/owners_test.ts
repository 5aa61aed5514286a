/** Who owns what is made, and who may make it. */
import { equal } from "node:assert/strict";
import { O_EXCL, O_RDWR } from "../../../ffi/constants.ts";
import type {
  Attributes,
  Entry,
} from "../../../src/vhost_user_fs/client/replies.ts";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import {
  getattr,
  setattr,
  setxattr,
} from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { KERNELS } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { nodeOf } from "../support/share_files.ts";
import {
  forEachServer,
  type Place,
  sameAsHost,
  type Trial,
} from "../support/each_server.ts";

const USER = 1234;
const GROUP = 2345;
const SUPPLEMENTARY = 3456;
/** `struct vfs_cap_data` of revision 2, little-endian: CAP_NET_RAW, effective. */
const CAPABILITY = Uint8Array.of(
  ...[1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
);

function makeFiles({ host, path }: Place): void {
  const directory = (name: string, uid: number, gid: number, mode: number) => {
    Deno.mkdirSync(path(name));
    host.lchown(path(name), uid, gid);
    host.chmod(path(name), mode);
  };
  directory("own", USER, GROUP, 0o700);
  directory("root", 0, 0, 0o755);
  directory("group", 0, GROUP, 0o770);
  directory("extra", 0, SUPPLEMENTARY, 0o770);
  directory("setgid", 0, 77, 0o2777);
}

type Maker = [string, (parent: number, name: string) => Request<Entry>];

const MAKERS: readonly Maker[] = [
  ["MKDIR", (parent, name) => names.mkdir(parent, name, 0o751)],
  ["MKNOD", (parent, name) => names.mknod(parent, name, 0o100640)],
  ["a FIFO", (parent, name) => names.mknod(parent, name, 0o010640)],
  ["SYMLINK", (parent, name) => names.symlink(parent, name, "target")],
  [
    "CREATE",
    (parent, name) => names.create(parent, name, O_RDWR | O_EXCL, 0o640),
  ],
];

function asUser<T>(trial: Trial, ask: () => T): T {
  return trial.session.as({ uid: USER, gid: GROUP }, ask);
}

forEachServer("what is made belongs to who asked for it", (trial) => {
  const { host, path } = trial;
  const cases: [string, number, number][] = [
    ["own", USER, GROUP],
    ["group", USER, GROUP],
    ["setgid", USER, 77],
  ];
  for (const [directory, uid, gid] of cases) {
    const parent = nodeOf(trial, directory);
    for (const [what, make] of MAKERS) {
      const { attributes } = asUser(
        trial,
        () => trial.must(make(parent, what)),
      );
      equal(
        `${attributes.uid}:${attributes.gid}`,
        `${uid}:${gid}`,
        `${what} in ${directory}`,
      );
      sameAsHost(attributes, host, path(`${directory}/${what}`));
    }
  }
  // And root's own is root's again afterwards.
  const after = trial.must(names.mkdir(nodeOf(trial, "root"), "after", 0o755));
  equal(`${after.attributes.uid}:${after.attributes.gid}`, "0:0");
}, { prepare: makeFiles });

forEachServer(
  "a setgid directory hands its group and its bit down",
  (trial) => {
    const parent = nodeOf(trial, "setgid");
    const made = asUser(
      trial,
      () => trial.must(names.mkdir(parent, "d", 0o755)),
    );
    equal(made.attributes.mode & 0o7777, 0o2755);
    const file = asUser(
      trial,
      () => trial.must(names.create(parent, "f", O_RDWR | O_EXCL, 0o2755)),
    );
    // CVE-2022-0358: no setgid file of a group that its maker is not in. The bit stands only where the group may not run it.
    equal(file.attributes.gid, 77);
    trial.observe(
      "the mode of a setgid file in a foreign group",
      (file.attributes.mode & 0o7777).toString(8),
      "755",
    );
  },
  { prepare: makeFiles },
);

forEachServer("who may not write makes nothing", (trial) => {
  for (const directory of ["root", "extra"]) {
    const parent = nodeOf(trial, directory);
    for (const [what, make] of MAKERS) {
      asUser(
        trial,
        () =>
          trial.expect(
            `${what} in ${directory} as a user`,
            make(parent, what),
            "EACCES",
          ),
      );
    }
    const made = trial.host.names(trial.path(directory)).length;
    trial.observe("files that a user made where he may not", String(made), "0");
  }
}, { prepare: makeFiles });

forEachServer(
  "a supplementary group helps where the guest sends it",
  (trial) => {
    const parent = nodeOf(trial, "extra");
    for (const [what, make] of MAKERS) {
      const request = { ...make(parent, what), group: SUPPLEMENTARY };
      const entry = asUser(
        trial,
        () => trial.expect(`${what} with a supplementary group`, request),
      );
      if (entry === undefined) {
        continue;
      }
      equal(
        `${entry.attributes.uid}:${entry.attributes.gid}`,
        `${USER}:${GROUP}`,
        what,
      );
    }
    asUser(trial, () =>
      trial.expect(
        "MKDIR after it, without the group",
        names.mkdir(parent, "without", 0o755),
        "EACCES",
      ));
  },
  { prepare: makeFiles, servers: ["ours", "1.13"] },
);

forEachServer(
  "what the guest's kernel has checked is done where it sends no groups",
  (trial) => {
    for (const directory of ["root", "extra"]) {
      const parent = nodeOf(trial, directory);
      for (const [what, make] of MAKERS) {
        asUser(trial, () =>
          trial.expect(
            `${what} in ${directory} where the guest sends no groups`,
            make(parent, what),
          ));
      }
    }
  },
  { prepare: makeFiles, init: KERNELS["6.1"] },
);

forEachServer("root in another group is root", (trial) => {
  const { host, path, session } = trial;
  const setgid = nodeOf(trial, "setgid"), own = nodeOf(trial, "own");
  const made = (request: Request<Entry>) =>
    session.as({ uid: 0, gid: GROUP }, () => trial.must(request)).attributes;
  const words = ({ mode, uid, gid }: Attributes) =>
    `${mode.toString(8)} ${uid}:${gid}`;
  equal(
    words(made(names.create(setgid, "file", O_RDWR | O_EXCL, 0o2755))),
    "102755 0:77",
  );
  equal(
    words(made(names.mkdir(setgid, "directory", 0o755))),
    "42755 0:77",
  );
  const device = made(names.mknod(own, "null", 0o20666, 0x103));
  equal(`${words(device)} ${device.rdev}`, `20666 0:${GROUP} 259`);
  sameAsHost(device, host, path("own/null"));
}, { prepare: makeFiles });

for (const [uid, gid] of [[0, GROUP], [USER, GROUP]] as const) {
  forEachServer(
    `the right to set capabilities of files is there after ${uid}:${gid} has made one`,
    (trial) => {
      const set = () =>
        trial.must(setxattr(file.nodeid, "security.capability", CAPABILITY));
      const file = trial.must(names.mknod(ROOT, "file", 0o100755));
      set();
      trial.session.as(
        { uid, gid },
        () => trial.must(names.mkdir(nodeOf(trial, "own"), "d", 0o755)),
      );
      set();
    },
    {
      prepare: makeFiles,
      args: ["--modcaps=+setfcap"],
      servers: ["ours", "1.13"],
    },
  );
}

forEachServer("nobody but root makes devices", (trial) => {
  const own = nodeOf(trial, "own");
  asUser(
    trial,
    () =>
      trial.expect(
        "MKNOD of a device as a user",
        names.mknod(own, "null", 0o20666, 0x103),
        "EPERM",
      ),
  );
}, { prepare: makeFiles });

forEachServer(
  "what was made can be used whoever asks: the guest has checked",
  (trial) => {
    const made = trial.must(names.mkdir(ROOT, "private", 0o700));
    asUser(trial, () => {
      trial.must(getattr(made.nodeid));
      trial.must(setattr(made.nodeid, { mode: 0o711 }));
      trial.expect(
        "LOOKUP in another's private directory",
        names.lookup(made.nodeid, "x"),
        "ENOENT",
      );
    });
    for (
      const [uid, gid] of [[0, 9], [9, 0], [
        4_294_967_294,
        4_294_967_294,
      ]] as const
    ) {
      const name = `of ${uid}:${gid}`;
      trial.host.chmod(trial.path(""), 0o777);
      const { attributes } = trial.session.as(
        { uid, gid },
        () => trial.must(names.mkdir(ROOT, name, 0o755)),
      );
      equal(`${attributes.uid}:${attributes.gid}`, `${uid}:${gid}`);
    }
  },
  { prepare: makeFiles },
);
