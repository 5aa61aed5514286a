/** What a path may be: the same for every request that has one. */
import { deepEqual, equal } from "node:assert/strict";
import { ON_A_FILE, ON_A_NEW_NAME } from "./requests.ts";
import { forEachImplementation, type Place, type Trial } from "./suite.ts";
import { done, outcome } from "../support/said.ts";

/** Asks everything of one path, and holds all answers against one errno. */
function allRefuse(
  { client }: Trial,
  asks: typeof ON_A_FILE,
  path: string | Uint8Array,
  errno: string,
): void {
  deepEqual(
    Object.entries(asks).map(([name, ask]) => [
      name,
      outcome(ask(client, path)),
    ]),
    Object.keys(asks).map((name) => [name, errno]),
  );
}

function prepare({ host, path }: Place): void {
  Deno.writeTextFileSync(path("file"), "content");
  host.symlink("loop", path("loop"));
}

const test = forEachImplementation({ prepare });

test("a file that is not there is ENOENT", (trial) => {
  allRefuse(trial, ON_A_FILE, "/nothing", "ENOENT");
  allRefuse(trial, ON_A_FILE, "/nothing/below", "ENOENT");
  allRefuse(trial, ON_A_NEW_NAME, "/nothing/below", "ENOENT");
});

test("an empty path is ENOENT", (trial) => {
  allRefuse(trial, ON_A_FILE, "", "ENOENT");
  allRefuse(trial, ON_A_NEW_NAME, "", "ENOENT");
  // Bytes from the first NUL on do not count.
  allRefuse(trial, ON_A_NEW_NAME, new Uint8Array(3), "ENOENT");
});

test("a path through a file is ENOTDIR", (trial) => {
  allRefuse(trial, ON_A_FILE, "/file/below", "ENOTDIR");
  allRefuse(trial, ON_A_FILE, "/file/", "ENOTDIR");
  allRefuse(trial, ON_A_NEW_NAME, "/file/below", "ENOTDIR");
});

test("a path through a loop of symlinks is ELOOP", (trial) => {
  allRefuse(trial, ON_A_FILE, "/loop/below", "ELOOP");
  allRefuse(trial, ON_A_NEW_NAME, "/loop/below", "ELOOP");
});

test("a name may have 255 bytes", ({ client, host, path }) => {
  const name = "n".repeat(255);
  for (const ask of Object.values(ON_A_NEW_NAME)) {
    done(ask(client, `/${name}`));
    deepEqual(host.names(path("")).filter((found) => found === name), [name]);
    done(client.lstat(`/${name}`));
    done(client.remove(`/${name}`));
  }
});

test("a name of 256 bytes is ENAMETOOLONG", (trial) => {
  allRefuse(trial, ON_A_FILE, `/${"n".repeat(256)}`, "ENAMETOOLONG");
  allRefuse(trial, ON_A_NEW_NAME, `/${"n".repeat(256)}`, "ENAMETOOLONG");
});

test("a path may have 4095 bytes", ({ client }) => {
  const path = "/".repeat(4091) + "file";
  equal(done(client.lstat(path)).size, 7n);
  done(client.chmod(path, 0o600));
  done(client.rename(path, "/".repeat(4092) + "new"));
  done(client.mkdir("/".repeat(4094) + "d", 0o755, 0, 0));
});

// Every request with such a path is in tests/paths.
test("a path of 4096 bytes is as good as any", ({ client, differs }) => {
  const file = "/".repeat(4092) + "file", made = "/".repeat(4095) + "n";
  differs("a path of 4096 bytes", () => client.lstat(file));
  differs("a path of 4096 bytes", () => client.mkdir(made, 0o755, 0, 0));
  // The longest that a payload of 65536 bytes can carry, beside other fields.
  differs("a path of 4096 bytes", () => client.chmod("/".repeat(65400), 0o755));
});

test("a path is cut at its first NUL", ({ client, host, path }) => {
  equal(done(client.lstat(bytes("/file\0/not/here"))).size, 7n);
  done(client.mkdir(bytes("/made\0behind"), 0o755, 0, 0));
  done(client.symlink(bytes("to\0behind"), bytes("/link\0x"), 0, 0));
  deepEqual(host.names(path("")), ["file", "link", "loop", "made"]);
  equal(Deno.readLinkSync(path("link")), "to");
});

test("a relative path starts at the export's root", ({ client, host, path }) => {
  done(client.mkdir("made", 0o755, 0, 0));
  done(client.rename("file", "made/../made/file"));
  equal(done(client.lstat("made/file")).size, 7n);
  deepEqual(host.names(path("made")), ["file"]);
});

test("slashes may be doubled, and . and .. stay in the export", ({ client, host, path }) => {
  const { ino } = host.lstat(path("file"));
  for (
    const name of [
      "//file",
      "/./file",
      "/../../../file",
      "/../file",
      "///file",
    ]
  ) {
    equal(done(client.lstat(name)).ino, ino, name);
  }
  const root = host.lstat(path(""));
  for (const name of ["/", "/.", "/..", "..", "../.."]) {
    equal(done(client.lstat(name)).ino, root.ino, name);
  }
});

test("a name may be any bytes but / and NUL", ({ client, path }) => {
  const all = Uint8Array.from({ length: 255 }, (_, i) => i + 1)
    .filter((byte) => byte !== 0x2f);
  const name = new Uint8Array([0x2f, ...all]);
  done(client.mknod(name, 0o644, 0n, 0, 0));
  done(client.lstat(name));
  equal([...Deno.readDirSync(path(""))].length, 3);
  done(client.remove(name));
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
