/** What the original gets wrong, and is not about a single request. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import {
  O_CREAT,
  O_DIRECTORY,
  O_NOATIME,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  S_IFCHR,
  S_IFIFO,
  S_IFREG,
  S_ISGID,
} from "../../ffi/constants.ts";
import type { Answer } from "../../src/proxy/client/client.ts";
import { threadFiles } from "../support/processes.ts";
import { forEachImplementation, type Trial } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const MINUS_ONE = 0xffffffff;

type Make = (trial: Trial, uid: number, gid: number) => Answer<unknown>;

const MAKERS: Readonly<Record<"CREATE" | "MKNOD" | "MKDIR" | "SYMLINK", Make>> =
  {
    CREATE: ({ client, closed }, uid, gid) =>
      closed(client.create("/new", O_CREAT | O_WRONLY, 0o644, uid, gid)),
    MKNOD: ({ client }, uid, gid) =>
      client.mknod("/new", S_IFIFO | 0o644, 0n, uid, gid),
    MKDIR: ({ client }, uid, gid) => client.mkdir("/new", 0o755, uid, gid),
    SYMLINK: ({ client }, uid, gid) =>
      client.symlink("target", "/new", uid, gid),
  };

const test = forEachImplementation();

for (const [name, make] of Object.entries(MAKERS)) {
  for (const [uid, gid] of [[-1, 0], [0, -1], [-1, -1]] as const) {
    test(`${name} for ${uid}:${gid} is for the helper's own ids`, (trial) => {
      done(make(trial, uid >>> 0, gid >>> 0));
      const made = trial.host.lstat(trial.path("new"));
      deepEqual([made.uid, made.gid], [0, 0]);
    });
  }

  test(`${name} takes an id of -1 beside a user's for the helper's own, and leaves the helper itself`, (trial) => {
    const { client, host, path, differs } = trial;
    for (
      const [uid, gid, owner] of [
        [1000, MINUS_ONE, [1000, 0]],
        [MINUS_ONE, 1000, [0, 1000]],
        [MINUS_ONE, MINUS_ONE, [0, 0]],
        [1000, 1000, [1000, 1000]],
        [0, 0, [0, 0]],
      ] as const
    ) {
      differs("an id of -1 beside a user's", () => {
        const answer = make(trial, uid, gid);
        const made = host.lstat(path("new"));
        deepEqual([made.uid, made.gid], owner);
        done(client.remove("/new"));
        return answer;
      });
    }
  });

  test(`${name} for user 0 and another group leaves the helper able to serve`, (trial) => {
    const { client, host, path, differs } = trial;
    done(client.mkdir("/first", 0o755, 0, 5));
    differs("a user's file after one for user 0 and another group", () => {
      const answer = make(trial, 1000, 1000);
      equal(host.lstat(path("new")).uid, 1000);
      return answer;
    });
  });
}

for (const [uid, gid] of [[0, -1], [-1, -1]] as const) {
  // One request a test: the original has lost its capabilities by then.
  const opened = (
    { client, closed, host, path }: Trial,
    flags: number,
  ): Answer<unknown> => {
    Deno.writeTextFileSync(path("file"), "");
    host.lchown(path("file"), 7, 7);
    host.chmod(path("file"), 0o2755);
    const asked = O_CREAT | O_WRONLY | flags;
    return closed(client.create("/file", asked, 0o644, uid >>> 0, gid >>> 0));
  };

  test(`CREATE for ${uid}:${gid} truncates with root's CAP_FSETID`, (trial) => {
    trial.differs("a setgid file truncated for who has no group", () => {
      done(opened(trial, O_TRUNC));
      const { mode } = trial.host.lstat(trial.path("file"));
      return mode & S_ISGID ? "setgid" : "no longer setgid";
    });
  });

  test(`CREATE for ${uid}:${gid} opens with root's CAP_FOWNER`, (trial) => {
    trial.differs(
      "O_NOATIME of another's file for who has no group",
      () => opened(trial, O_NOATIME),
    );
  });

  test(`MKNOD for ${uid}:${gid} makes a device with root's CAP_MKNOD`, (trial) => {
    trial.differs(
      "a device made for who has no group",
      () =>
        trial.client.mknod(
          "/new",
          S_IFCHR | 0o600,
          0x103n,
          uid >>> 0,
          gid >>> 0,
        ),
    );
  });

  for (const name of ["CREATE", "MKNOD"] as const) {
    test(`${name} for ${uid}:${gid} makes a setgid file of a foreign group`, (trial) => {
      const { client, closed, host, path } = trial;
      Deno.mkdirSync(path("setgid"));
      host.lchown(path("setgid"), 0, 7);
      host.chmod(path("setgid"), 0o2777);
      trial.differs("a setgid file made for who has no group", () => {
        const [at, ids] = ["/setgid/new", [uid >>> 0, gid >>> 0]] as const;
        done<unknown>(
          name === "CREATE"
            ? closed(client.create(at, O_CREAT | O_WRONLY, 0o2755, ...ids))
            : client.mknod(at, S_IFREG | 0o2755, 0n, ...ids),
        );
        const made = host.lstat(path("setgid/new"));
        equal(made.gid, 7);
        return made.mode & S_ISGID ? "setgid" : "not setgid";
      });
    });
  }
}

test("a file for user 0 and another group costs the helper none of root's rights", (trial) => {
  const { client, host, path, differs } = trial;
  Deno.writeTextFileSync(path("file"), "");
  host.lchown(path("file"), 7, 7);
  const name = "root's rights after a file for user 0 and another group";
  done(client.mkdir("/first", 0o755, 0, 5));
  differs(name, () => client.chmod("/file", 0o700));
  differs(name, () => client.chown("/file", 1000, 1000));
  differs(name, () => client.mknod("/device", 0o20600, 0x103n, 0, 0));
});

test("owners may change with every request, in any order", (trial) => {
  const { client, host, path, differs } = trial;
  const ids = [0, 5, 1000, 65534];
  for (const before of ids) {
    for (const uid of ids) {
      for (const gid of ids) {
        differs(
          "an order of owners that leaves the original without rights",
          () => {
            done(client.mkdir("/before", 0o755, 0, before));
            done(client.mkdir("/made", 0o700, uid, gid));
            const { uid: madeUid, gid: madeGid } = host.lstat(path("made"));
            deepEqual([madeUid, madeGid], [uid, gid]);
            done(client.remove("/made"));
            done(client.remove("/before"));
            return "served";
          },
        );
      }
    }
  }
});

test("a passed directory leads no further up than the export", ({ client, host, path, opened, differs }) => {
  Deno.mkdirSync(path("a/b"), { recursive: true });
  const root = host.lstat(path("")).ino;
  for (const name of ["/", "/a", "/a/b"]) {
    using passed = opened(client.open(name, O_RDONLY | O_DIRECTORY));
    differs("where ../.. leads from a passed directory", () => {
      const up = host.openAt(passed.fd, "../../../..", O_DIRECTORY);
      const { ino } = host.fstat(up);
      host.close(up);
      return ino === root ? "the export" : "out of it";
    });
  }
});

test("no thread of the helper has more than seven capabilities", ({ client, host, pid, differs }) => {
  const seven = 0x080000dbn;
  done(client.lstat("/"));
  done(client.mkdir("/made", 0o755, 1000, 1000));
  differs("threads with more than the seven capabilities", () => {
    const more = [...threadFiles(host, pid, "status").values()]
      .filter((status) => {
        const sets = [
          ...status.matchAll(/^Cap(?:Prm|Eff|Inh|Amb):\s*(\w+)$/gm),
        ];
        notEqual(sets.length, 0);
        return sets.some(([, bits]) => (BigInt(`0x${bits}`) & ~seven) !== 0n);
      });
    return more.length === 0 ? "none" : "some";
  });
});

test("a connection that goes on after errors is as good as new", ({ client, closed }) => {
  for (let i = 0; i < 200; i++) {
    refused(client.open("/nothing", O_RDONLY), "ENOENT");
    refused(client.mkdir("/nothing/new", 0o755, 1000, 1000), "ENOENT");
    refused(client.create("/", O_CREAT | O_WRONLY, 0o644, 1000, 5), "EISDIR");
    refused(client.mknod("/new", 0o20644, 0x103n, 1000, 1000), "EPERM");
  }
  done(closed(client.create("/new", O_CREAT | O_WRONLY, 0o644, 1000, 1000)));
  done(client.chown("/new", 5, 5));
  done(client.mknod("/device", 0o20644, 0x103n, 0, 0));
});
