/** Requests with paths of 4096 bytes and more, which the kernel takes from nobody. */
import { deepEqual, equal } from "node:assert/strict";
import { O_CREAT, O_RDWR } from "../../ffi/constants.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import type {
  RequestFields,
  RequestName,
} from "../../src/proxy/wire/protocol.ts";
import { EXAMPLES } from "../acceptance/requests.ts";
import type { Stat } from "../../src/proxy/client/client.ts";
import { dig, type Harness, testsThatDig } from "./deep.ts";
import { done, outcome, refused } from "../support/said.ts";

const test = testsThatDig();

/** The lengths of the directory's path: about where pieces end, and what a request can carry twice. */
const LENGTHS = [4090, 4095, 4096, 8185, 8191, 32_000];

for (const length of LENGTHS) {
  test(`Below a directory whose path has ${length} bytes every request does what it does elsewhere`, (harness) => {
    done(harness.client.mkdir("/short", 0o755, 0, 0));
    const short = playIn(harness, "/short");
    const long = playIn(harness, dig(harness, length));
    deepEqual(long, short);
    equal(short.answers.every((answer) => answer.endsWith("done")), true);
  });
}

/** Makes every request once in the directory `base`. Returns the answers, and what has become of the files. */
function playIn({ client, host, seen }: Harness, base: string) {
  const at = (path: string) => `${base}${path}`;
  const place = seen(base);
  const fd = done(client.create(at("/file"), O_CREAT | O_RDWR, 0o644, 0, 0));
  host.write(fd, "content");
  client.connection.closeDescriptor(fd);
  done(client.lsetxattr(at("/file"), "user.a", "abc", 0));
  done(client.symlink("file", at("/link"), 0, 0));
  done(client.mkdir(at("/directory"), 0o755, 0, 0));
  const answers = EXAMPLES.map(({ name, fields }) => {
    const answer = client.raw(name, encodeRequest(name, moved(fields, at)));
    if (typeof answer.value === "number" && answer.value > 2) {
      client.connection.closeDescriptor(answer.value);
    }
    return `${name} ${outcome(answer)}`;
  });
  const files = host.names(place).map((name) => [
    name,
    told(host.lstat(`${place}/${name}`)),
  ]);
  return {
    answers,
    files,
    // The same by way of the helper, which may not answer for another file.
    same: host.names(place).map((name) =>
      done(client.lstat(at(`/${name}`))).ino ===
        host.lstat(`${place}/${name}`).ino
    ),
    generation: done(client.getversion(at("/file"))) ===
      host.generation(`${place}/file`),
    target: new TextDecoder().decode(done(client.readlink(at("/symlink")))),
    attributes: new TextDecoder().decode(
      done(client.llistxattr(at("/file"), 100)),
    ),
  };
}

function moved(
  fields: RequestFields<RequestName>,
  at: (path: string) => string,
): RequestFields<RequestName> {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [
      field,
      ["path", "old", "new"].includes(field) ? at(value as string) : value,
    ]),
  ) as RequestFields<RequestName>;
}

/** What does not differ between two files of the same story. */
function told({ mode, uid, gid, nlink, size, mtime }: Stat) {
  // Only UTIME sets a time that is not now.
  return { mode, uid, gid, nlink, size, past: mtime < 10_000_000_000n };
}

test("RENAME and LINK go between two long paths, and between a long and a short one", (harness) => {
  const { client } = harness;
  done(client.mkdir("/other", 0o755, 0, 0));
  const here = dig(harness, 5000), far = dig(harness, 9000, "/other");
  done(client.mknod(`${here}/file`, 0o100644, 0n, 7, 8));
  const { ino } = done(client.lstat(`${here}/file`));
  const places = [
    [`${here}/file`, `${far}/moved`],
    [`${far}/moved`, "/short"],
    ["/short", `${here}/again`],
    [`${here}/again`, "relative"],
    ["relative", `${far}/file`],
  ] as const;
  for (const [from, to] of places) {
    done(client.link(from, to));
    equal(done(client.lstat(to)).ino, ino);
    equal(done(client.lstat(from)).nlink, 2n);
    done(client.remove(to));
    done(client.rename(from, to));
    equal(done(client.lstat(to)).ino, ino);
    refused(client.lstat(from), "ENOENT");
  }
  refused(client.rename(`${here}/nothing`, "/x"), "ENOENT");
  refused(client.rename("/nothing", `${here}/x`), "ENOENT");
  refused(client.link(`${far}/file`, `${here}/no/x`), "ENOENT");
  refused(client.rename(`${here}`, `${here}/inside`), "EINVAL");
});

test("Long paths of a user's requests are walked, and their files are the user's", (harness) => {
  const { client, host, seen } = harness;
  const base = dig(harness, 4200), place = seen(base);
  done(client.mkdir(`${base}/made`, 0o750, 1000, 1001));
  done(client.symlink("target", `${base}/link`, 1000, 1001));
  done(client.mknod(`${base}/fifo`, 0o010600, 0n, 1000, 1001));
  for (const name of ["made", "link", "fifo"]) {
    const { uid, gid } = host.lstat(`${place}/${name}`);
    deepEqual([uid, gid], [1000, 1001], name);
  }
  done(client.mkdir(`${base}/own`, 0o750, 0xffffffff, 1001));
  const { uid, gid } = host.lstat(`${place}/own`);
  deepEqual([uid, gid], [0, 1001]);
  done(client.mkdir(`${base}/root`, 0o700, 0, 0));
  equal(host.lstat(`${place}/root`).uid, 0);
});

test("A path may have all the bytes that a request can carry", (harness) => {
  const { client, host, seen } = harness;
  // Of 65536 bytes MKDIR needs 14 for other things, LSTAT 3.
  const path = dig(harness, 65_522);
  const { ino } = host.lstat(`${seen(path)}/.`);
  for (const length of [65_522, 65_532, 65_533]) {
    const padding = "/".repeat(length - path.length);
    equal(done(client.lstat(padding + path)).ino, ino);
  }
});

test("A name of 256 bytes is too long in a long path, too, and a missing one is missing", (harness) => {
  const { client } = harness;
  const base = dig(harness, 4200);
  done(client.mknod(`${base}/file`, 0o100644, 0n, 0, 0));
  refused(client.lstat(`${base}/${"n".repeat(256)}`), "ENAMETOOLONG");
  refused(client.lstat(`${base}/${"n".repeat(256)}/x`), "ENAMETOOLONG");
  refused(client.lstat(`/${"n".repeat(5000)}`), "ENAMETOOLONG");
  refused(client.lstat(`${base}/${"n".repeat(5000)}`), "ENAMETOOLONG");
  refused(client.lstat(`${base}/nothing`), "ENOENT");
  refused(client.lstat(`${base}/nothing/x`), "ENOENT");
  refused(client.lstat(`/nothing${base}`), "ENOENT");
  refused(client.lstat(`${base}/file/x`), "ENOTDIR");
  refused(client.lstat(`${base}/file/`), "ENOTDIR");
  refused(client.mkdir(`${base}/file`, 0o755, 0, 0), "EEXIST");
  refused(client.remove(base), "ENOTEMPTY");
});

test("After a long path, refused or not, short ones begin at the root, and no descriptor is left", (harness) => {
  const { client, helper, host } = harness;
  const base = dig(harness, 9000);
  done(client.mknod("/file", 0o100644, 0n, 0, 0));
  const open = () => host.names(`/proc/${helper.pid}/fd`).length;
  const before = open();
  const asks = [
    () => client.lstat(base),
    () => client.lstat(`${base}/nothing`),
    () => client.lstat(`${base}/nothing/at/all`),
    () => client.rename(`${base}/nothing`, `${base}/new`),
    () => client.link("/file", `${base}/nothing/new`),
    () => client.rename(`${base}/x/y`, "/new"),
    () => client.mkdir(`${base}/new`, 0o755, 0, 0xffffffff),
  ];
  for (const ask of asks) {
    ask();
    done(client.lstat("file"));
    equal(done(client.lstat(".")).ino, host.lstat(harness.top).ino);
  }
  equal(open(), before);
});
