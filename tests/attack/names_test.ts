/** Names and paths at the limits, and of every byte there is. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { O_RDONLY } from "../../ffi/constants.ts";
import type { Client } from "../../src/proxy/client/client.ts";
import { ON_A_FILE, ON_A_NEW_NAME } from "../acceptance/requests.ts";
import { attacksThatNeed, type Harness, OPEN } from "../support/attack.ts";
import { done, outcome } from "../support/said.ts";

const test = attacksThatNeed(["root", "xattrs"]);

const SLASH = 0x2f;
/** The longest path with its NUL that the kernel takes in one piece, and that a request carries. */
const PATH_MAX = 4096;
const LONGEST = 65_000;

type Path = string | Uint8Array;

/** What every request that has a path comes to, each that occurs once. */
function everywhere(client: Client, path: Path): string[] {
  const asked = { ...ON_A_FILE, ...ON_A_NEW_NAME };
  return [
    ...new Set(Object.values(asked).map((ask) => outcome(ask(client, path)))),
  ].sort();
}

test("a name of 255 bytes is a name, one of 256 is nowhere a name", ({ client, host, export: top, stopped }) => {
  const name = "n".repeat(255);
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  done(client.mkdir(`/${name}`, 0o700, 0, 0));
  done(client.mkdir(`/${name}/${name}`, 0o700, 0, 0));
  done(client.lstat(`/${name}/../${name}/${name}`));
  for (const before of ["/", `/${name}/`, "/./../", `/${name}/../`]) {
    for (const after of ["", "/.", "/..", "/../../secrets/file"]) {
      for (const length of [256, 257, 1000, 4000]) {
        const path = before + "n".repeat(length) + after;
        deepEqual(everywhere(client, path), ["ENAMETOOLONG"], path);
      }
    }
  }
  deepEqual(host.names(top), ["file", name]);
  stopped(
    "names of 256 bytes and more, anywhere in a path, in every request",
    "the kernel (ENAMETOOLONG)",
  );
});

/** Fills a path up to `length` bytes with what leads nowhere, before `end`. */
function filled(filler: string, length: number, end: string): string {
  const room = length - end.length;
  const whole = filler.repeat(Math.floor(room / filler.length));
  return "/".repeat(room - whole.length) + whole + end;
}

test("a long path leads nowhere that a short one does not lead to", (harness) => {
  const { client, host, export: top, secrets, stopped } = harness;
  Deno.mkdirSync(`${top}/a`);
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  host.symlink(secrets, `${top}/out`);
  host.symlink("../secrets/file", `${top}/last`);
  const { ino } = host.lstat(`${top}/file`);
  const lengths = [1, 2, 3, 8].flatMap((pieces) =>
    [-3, -2, -1, 0, 1, 2].map((more) => pieces * PATH_MAX + more)
  ).concat(LONGEST);
  for (const length of lengths) {
    for (const filler of ["/", "/.", "/a/..", "/a/../."]) {
      const inside = filled(filler, length, "/file");
      const answers = [client.lstat(inside), client.open(inside, O_RDONLY)];
      for (const { errno, value } of answers) {
        if (typeof value === "number") {
          equal(host.fstat(value).ino, ino);
          host.close(value);
        } else if (value) equal(value.ino, ino);
        else expectTooLong(length, errno);
      }
      for (
        const end of [
          ...["/../../secrets/file", "/out/file", "/out", "/last/", "/nothing"],
        ]
      ) expectNothing(harness, filled(filler, length, end), length);
    }
  }
  deepEqual(host.names(top), ["a", "file", "last", "out"]);
  stopped(
    `paths of ${
      PATH_MAX - 1
    }, ${PATH_MAX} and up to ${LONGEST} bytes, with ".." and symlinks at each boundary, in OPEN, LSTAT, CREATE, MKDIR, REMOVE and CHMOD`,
    "the jail, as with short ones (ENOENT), or ENAMETOOLONG",
  );
});

const ENAMETOOLONG = 36;

function expectTooLong(length: number, errno: number): void {
  equal(errno, ENAMETOOLONG);
  ok(length >= PATH_MAX, `${length} bytes are not too long`);
}

/** Where `path` leads there must be nothing: what follows it, and what makes something there. */
function expectNothing(
  { client }: Harness,
  path: string,
  length: number,
): void {
  const follows = path.endsWith("/out");
  const seen = (follows ? ["OPEN", "CHMOD"] : ["OPEN", "LSTAT", "CHMOD"])
    .map((name) => outcome(ON_A_FILE[name]!(client, path)));
  if (!follows && !path.endsWith("/nothing")) {
    seen.push(
      ...["CREATE", "MKDIR"].map((name) =>
        outcome(ON_A_NEW_NAME[name]!(client, path))
      ),
      outcome(client.remove(path)),
    );
  }
  for (const errno of new Set(seen)) {
    if (errno === "ENAMETOOLONG") ok(length >= PATH_MAX);
    // A directory of this name could be made, but not through a symlink.
    else ok(["ENOENT", "EEXIST", "EISDIR", "ENOTDIR"].includes(errno), errno);
  }
}

test("every byte can stand in a name, but for NUL and the slash", ({ client, host, export: top, stopped }) => {
  for (let byte = 1; byte < 256; byte++) {
    if (byte === SLASH) continue;
    for (
      const name of [[byte], [byte, 0x61], [0x61, byte], [0x61, byte, 0x61]]
    ) {
      // That is the directory itself.
      if (name.length === 1 && byte === 0x2e) continue;
      const path = Uint8Array.from([SLASH, ...name]);
      const shown = `name of bytes ${name}`;
      done(client.mknod(path, 0o600, 0n, 7, 7));
      const { ino } = done(client.lstat(path));
      done(client.link(path, Uint8Array.from([...path, 0x7e])));
      equal(done(client.lstat(Uint8Array.from([...path, 0x7e]))).ino, ino);
      equal([...host.names(top)].length, 2, shown);
      done(client.rename(path, "/x"));
      equal(host.lstat(`${top}/x`).ino, ino, shown);
      done(client.remove("/x"));
      done(client.remove(Uint8Array.from([...path, 0x7e])));
    }
  }
  deepEqual(host.names(top), []);
  stopped(
    "names of every byte from 1 to 255, alone, first, last and in the middle",
    "nothing to stop: each is the name that it is, and no byte but the slash means anything",
  );
});

test("NUL, the slash, and the names that are no names make nothing", ({ client, host, export: top, stopped }) => {
  Deno.mkdirSync(`${top}/d`);
  const bytes = (text: string) => new TextEncoder().encode(text);
  for (const path of ["", "\0", "\0/../secrets/file"]) {
    deepEqual(everywhere(client, bytes(path)), ["ENOENT"]);
  }
  const refusals = ["EBUSY", "EEXIST", "EINVAL", "EISDIR", "ENOTEMPTY"];
  for (const path of ["/", "/.", "/..", "/d/..", "//", "/../../.."]) {
    for (
      const answer of [
        client.mkdir(path, 0o700, 0, 0),
        client.mknod(path, 0o600, 0n, 0, 0),
        client.symlink("x", path, 0, 0),
        client.rename("/d", path),
        client.rename(path, "/new"),
        client.remove(path),
      ]
    ) ok(refusals.includes(outcome(answer)), `${path}: ${outcome(answer)}`);
  }
  done(client.mkdir(bytes("/e\0/../../secrets/new"), 0o700, 0, 0));
  done(client.rename(bytes("/e\0x"), bytes("/d/e\0/../../../secrets/e")));
  deepEqual(host.names(top), ["d"]);
  deepEqual(host.names(`${top}/d`), ["e"]);
  stopped(
    'NUL, "", ".", ".." and "/" as names, and NUL before what leads out',
    "the kernel (EBUSY, EEXIST, EINVAL, ENOENT); a string ends at its first NUL",
  );
});
