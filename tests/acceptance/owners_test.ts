/** Whose a new file is, and its mode, as the host sees them. */
import { deepEqual } from "node:assert/strict";
import {
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
} from "../../ffi/constants.ts";
import { forEachImplementation, type Place, type Trial } from "./suite.ts";
import { done } from "../support/said.ts";

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

type Make = (trial: Trial, path: string, owner: Owner, mode: number) => void;

/** Each way to make a file, by the type that it gets. */
const WAYS: Readonly<Record<string, { type: number; make: Make }>> = {
  CREATE: {
    type: S_IFREG,
    make: ({ client, closed }, path, { uid, gid }, mode) => {
      const flags = O_CREAT | O_EXCL | O_WRONLY;
      done(closed(client.create(path, flags, mode, uid, gid)));
    },
  },
  MKDIR: {
    type: S_IFDIR,
    make: ({ client }, path, { uid, gid }, mode) =>
      void done(client.mkdir(path, mode, uid, gid)),
  },
  "MKNOD of a file": node(S_IFREG),
  "MKNOD of a FIFO": node(S_IFIFO),
  "MKNOD of a socket": node(S_IFSOCK),
  SYMLINK: {
    type: S_IFLNK,
    make: ({ client }, path, { uid, gid }) =>
      void done(client.symlink("target", path, uid, gid)),
  },
};

function node(type: number): { type: number; make: Make } {
  return {
    type,
    make: ({ client }, path, { uid, gid }, mode) =>
      void done(client.mknod(path, type | mode, 0n, uid, gid)),
  };
}

const ROOT = { uid: 0, gid: 0 };
const USER = { uid: 1000, gid: 1000 };
const USER_OF_GROUP = { uid: 1000, gid: 5 };
const GROUP = { uid: 0, gid: 5 };
const NOBODY = { uid: 65534, gid: 65534 };
const HIGH = { uid: 0xfffffffe, gid: 0xfffffffe };

/** Makes a file in every one of `ways`, and holds owner and mode against what is expected of it: else what was asked for. */
function check(
  trial: Trial,
  directory: string,
  owner: Owner,
  mode: number,
  expect: (way: string) => Partial<Owner & { mode: number }> = () => ({}),
  ways = Object.keys(WAYS),
): void {
  for (const way of ways) {
    const { type, make } = WAYS[way]!;
    make(trial, `/${directory}/new`, owner, mode);
    const host = trial.path(`${directory}/new`);
    const { mode: actual, uid, gid } = trial.host.lstat(host);
    const expected = { ...owner, mode: modeOf(way, mode), ...expect(way) };
    deepEqual({ way, mode: actual.toString(8), uid, gid }, {
      way,
      ...expected,
      mode: (type | expected.mode).toString(8),
    });
    Deno.removeSync(host);
  }
}

/** A symlink has all permissions always; a directory takes no set-id bits. */
function modeOf(way: string, mode: number): number {
  if (way === "SYMLINK") return 0o777;
  return way === "MKDIR" ? mode & 0o1777 : mode;
}

function prepare({ host, path }: Place): void {
  Deno.mkdirSync(path("plain"));
  Deno.mkdirSync(path("private"));
  host.lchown(path("private"), 7, 7);
  host.chmod(path("private"), 0o700);
  Deno.mkdirSync(path("setgid"));
  host.lchown(path("setgid"), 0, 7);
  host.chmod(path("setgid"), 0o2777);
}

const test = forEachImplementation({ prepare });

for (
  const [who, owner] of Object.entries({
    root: ROOT,
    "a user": USER,
    "a user of another group": USER_OF_GROUP,
    nobody: NOBODY,
    "the highest id": HIGH,
  })
) {
  test(`what is made for ${who} belongs to ${owner.uid}:${owner.gid}`, (trial) => {
    for (const directory of ["plain", "private"]) {
      check(trial, directory, owner, 0o640);
    }
  });

  test(`no umask takes from a mode that is given for ${who}`, (trial) => {
    for (const mode of [0o777, 0o666, 0o1777, 0]) {
      check(trial, "plain", owner, mode);
    }
  });

  test(`set-id bits are kept for ${who}, but for directories`, (trial) => {
    for (const mode of [0o4755, 0o2755, 0o6777, 0o7711]) {
      check(trial, "plain", owner, mode);
    }
  });
}

test("what is made in a setgid directory gets its group, and a directory its bit", (trial) => {
  for (const owner of [ROOT, USER, USER_OF_GROUP]) {
    check(trial, "setgid", owner, 0o750, (way) => ({
      gid: 7,
      ...way === "MKDIR" ? { mode: 0o2750 } : {},
    }));
  }
});

test("a user makes no setgid program for the group of a setgid directory", (trial) => {
  check(trial, "setgid", USER, 0o6755, (way) => ({
    gid: 7,
    mode: way === "MKDIR" ? 0o2755 : modeOf(way, 0o4755),
  }));
  check(trial, "setgid", ROOT, 0o6755, (way) => ({
    gid: 7,
    ...way === "MKDIR" ? { mode: 0o2755 } : {},
  }));
});

// One request a test: the original does not live to see another.
for (const way of Object.keys(WAYS)) {
  test(`${way} for user 0 and another group belongs to 0:5`, (trial) =>
    check(trial, "plain", GROUP, 0o2770, undefined, [way]));
}

test("the helper is root again after what it made for others", (trial) => {
  const { client, path } = trial;
  for (const owner of [USER, ROOT, NOBODY, USER_OF_GROUP, ROOT]) {
    check(trial, "private", owner, 0o600);
    // These take CAP_CHOWN and CAP_FOWNER, which were down meanwhile.
    done(client.mkdir("/private/mine", 0o700, 1000, 1000));
    done(client.chown("/private/mine", 1234, 4321));
    done(client.chmod("/private/mine", 0o2755));
    const { uid, gid, mode } = trial.host.lstat(path("private/mine"));
    deepEqual([uid, gid, mode], [1234, 4321, S_IFDIR | 0o2755]);
    done(client.remove("/private/mine"));
  }
});
