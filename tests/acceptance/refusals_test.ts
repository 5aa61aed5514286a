/** What the file system as a whole refuses. */
import { deepEqual, equal } from "node:assert/strict";
import { O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } from "../../ffi/constants.ts";
import type { Answer } from "../../src/proxy/client/client.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { forEachImplementation, type Place, type Trial } from "./suite.ts";
import { done, outcome, refused } from "../support/said.ts";

type Answers = Readonly<Record<string, Answer<unknown>>>;

/** Whatever would change `/directory/file`. */
function changes({ client }: Trial): Answers {
  const file = "/directory/file", made = "/directory/new";
  const create = O_CREAT | O_WRONLY;
  return {
    "OPEN to write": client.open(file, O_WRONLY),
    "OPEN to read and write": client.open(file, O_RDWR),
    "CREATE of a file that is there": client.create(file, create, 0o644, 0, 0),
    CHMOD: client.chmod(file, 0o600),
    CHOWN: client.chown(file, 7, 7),
    TRUNCATE: client.truncate(file, 1n),
    UTIME: client.utime(file, 1n, 2n, 3n, 4n),
    LINK: client.link(file, made),
    RENAME: client.rename(file, made),
    REMOVE: client.remove(file),
    LSETXATTR: client.lsetxattr(file, "user.new", "value", 0),
    LREMOVEXATTR: client.lremovexattr(file, "user.there"),
  };
}

/** Whatever would make a name in `/directory`. */
function additions({ client }: Trial): Answers {
  const made = "/directory/new";
  const asked: Record<string, Answer<unknown>> = {};
  for (const id of [0, 1000]) {
    asked[`CREATE for ${id}`] = client.create(
      made,
      O_CREAT | O_WRONLY,
      0o644,
      id,
      id,
    );
    asked[`MKNOD for ${id}`] = client.mknod(made, 0o644, 0n, id, id);
    asked[`MKDIR for ${id}`] = client.mkdir(made, 0o755, id, id);
    asked[`SYMLINK for ${id}`] = client.symlink("target", made, id, id);
  }
  return asked;
}

function allRefused(answers: Answers, errno: string): void {
  deepEqual(
    Object.entries(answers).map(([what, answer]) => [what, outcome(answer)]),
    Object.keys(answers).map((what) => [what, errno]),
  );
}

function prepare({ host, path }: Place): void {
  Deno.mkdirSync(path("directory"));
  Deno.writeTextFileSync(path("directory/file"), "content");
  host.setXattr(path("directory/file"), "user.there", new Uint8Array(5));
}

const test = forEachImplementation({ needs: ["immutable", "xattrs"], prepare });

forEachImplementation({
  needs: ["mount", "xattrs"],
  prepare: (place) => {
    prepare(place);
    place.system.mountReadOnly(place.path("directory"));
  },
})(
  "every change of a read-only file system is EROFS, and reading is not",
  (trial) => {
    const { client, host, path, closed } = trial;
    const before = host.lstat(path("directory/file"));
    allRefused({ ...changes(trial), ...additions(trial) }, "EROFS");
    deepEqual(host.lstat(path("directory/file")), before);
    deepEqual(host.names(path("directory")), ["file"]);

    done(closed(client.open("/directory/file", O_RDONLY)));
    done(client.lgetxattr("/directory/file", "user.there", 5));
    done(client.getversion("/directory/file"));
    deepEqual(done(client.lstat("/directory/file")), before);
  },
);

forEachImplementation({
  needs: ["mount", "xattrs"],
  prepare: (place) => {
    prepare(place);
    place.system.mountReadOnly(place.path(""));
  },
})("an export that is mounted read-only stays so", (trial) => {
  allRefused({ ...changes(trial), ...additions(trial) }, "EROFS");
  equal(Deno.readTextFileSync(trial.path("directory/file")), "content");
});

test("every change of an immutable file is EPERM, and reading is not", (trial) => {
  const { client, host, path, closed } = trial;
  const file = path("directory/file");
  host.setImmutable(file, true);
  try {
    const before = host.lstat(file);
    allRefused(changes(trial), "EPERM");
    deepEqual(host.lstat(file), before);
    done(closed(client.open("/directory/file", O_RDONLY)));
  } finally {
    host.setImmutable(file, false);
  }
});

test("making a name in an immutable directory is EPERM", (trial) => {
  const { client, host, path } = trial;
  host.setImmutable(path("directory"), true);
  try {
    allRefused(additions(trial), "EPERM");
    refused(client.link("/directory/file", "/directory/new"), "EPERM");
    refused(client.rename("/directory/file", "/new"), "EPERM");
    refused(client.remove("/directory/file"), "EPERM");
  } finally {
    host.setImmutable(path("directory"), false);
  }
  deepEqual(host.names(path("directory")), ["file"]);
});

forEachImplementation({
  needs: ["mount"],
  prepare: ({ system, path }) => {
    Deno.mkdirSync(path("directory"));
    system.mountTmpfs(path("directory"), "size=64k,nr_inodes=8");
  },
})("making a name in a full file system is ENOSPC, until one goes", (trial) => {
  const { client, host, path } = trial;
  for (;;) {
    const name = `/directory/${host.names(path("directory")).length}`;
    const { errno } = client.mkdir(name, 0o755, 0, 0);
    if (errno !== 0) break;
  }
  const names = host.names(path("directory"));
  allRefused(additions(trial), "ENOSPC");
  deepEqual(host.names(path("directory")), names);
  done(client.remove("/directory/0"));
  done(client.mkdir("/directory/new", 0o755, 1000, 1000));
});

forEachImplementation({ prepare })(
  "no descriptor left is EMFILE, and passes",
  ({ client, host, system, pid, path, closed, differs }) => {
    done(client.lstat("/directory/file"));
    const create = () =>
      client.create("/new", O_CREAT | O_WRONLY, 0o644, 1000, 1000);
    // All that are left lie below what it has open.
    const former = system.limitDescriptors(pid, 3n);
    for (let i = 0; i < 3; i++) {
      refused(client.open("/directory/file", O_RDONLY), "EMFILE");
      refused(client.open("/directory", O_RDONLY), "EMFILE");
      refused(create(), "EMFILE");
      differs(
        "GETVERSION where no descriptor is left",
        () => client.getversion("/directory/file"),
      );
    }
    // What needs none goes on.
    done(client.lstat("/directory/file"));
    done(client.mkdir("/made", 0o755, 1000, 1000));
    deepEqual(host.names(path("")), ["directory", "made"]);
    system.limitDescriptors(pid, former);
    done(closed(client.open("/directory/file", O_RDONLY)));
    done(closed(create()));
  },
);

forEachImplementation({ prepare })(
  "descriptors that nobody takes are refused one by one",
  ({ client, connection, system, pid, differs, closed }) => {
    const count = 100;
    const none = new Uint8Array();
    done(client.lstat("/directory/file"));
    const former = system.limitDescriptors(pid, BigInt(count / 2));
    differs("more descriptors under way than may be", () => {
      const request = encodeRequest("OPEN", { path: "/directory", flags: 0 });
      for (let i = 0; i < count; i++) connection.send(request);
      const word = 4;
      while (system.readable(connection.fd) < count * word) pause();
      const answers = Array.from(
        { length: count },
        () => outcome(closed(client.raw("OPEN", none) as Answer<number>)),
      );
      return answers.filter((one, i) => one !== answers[i - 1]).join(", then ");
    });
    system.limitDescriptors(pid, former);
  },
);

/** Lets the helper run. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}
