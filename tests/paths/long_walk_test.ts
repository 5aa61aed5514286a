/** How a long path is walked: as the kernel walks a short one. */
import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { dig, type Harness, testsThatDig } from "./deep.ts";
import { done, outcome, refused } from "../support/said.ts";

/** A way that leads nowhere else, and has `length` bytes. */
const detour = (length: number) =>
  "/.".repeat(length / 2) + "/".repeat(length % 2);

/** The export of these tests: files, directories, and symlinks to all of them. */
function makeFiles({ client, host, top }: Harness): void {
  for (const path of ["/a", "/a/b", "/a/b/c", "/z"]) {
    done(client.mkdir(path, 0o755, 0, 0));
  }
  for (const path of ["/file", "/a/file", "/a/b/c/file"]) {
    done(client.mknod(path, 0o100644, 0n, 0, 0));
  }
  const links = {
    "/relative": "a/b",
    "/absolute": "/a/b",
    "/a/up": "..",
    "/a/b/far": "../../../../../../../a",
    "/a/slashes": "//b//c//",
    "/dangling": "nothing",
    "/loop": "loop",
    "/twice": "relative/c",
    "/tofile": "a/file",
    "/root": "/",
  };
  for (const [path, target] of Object.entries(links)) {
    host.symlink(target, `${top}${path}`);
  }
}

const testThatDigs = testsThatDig();
/** Defines a test in an export that has those files. */
const test = (name: string, run: (harness: Harness) => void) =>
  testThatDigs(name, (harness) => {
    makeFiles(harness);
    run(harness);
  });

const PARTS = [
  ..."a b c z file . .. relative absolute up far slashes dangling loop"
    .split(" "),
  ..."twice tofile root nothing".split(" "),
];

test("A path made long by parts that lead nowhere is what it was before", ({ client }) => {
  const ask = (path: string) => {
    const answer = client.lstat(path);
    return [outcome(answer), answer.value?.ino];
  };
  const follow = (path: string) => {
    const answer = client.statfs(path);
    return [outcome(answer), answer.value?.type];
  };
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 0, max: 9000 }), {
        minLength: 6,
        maxLength: 6,
      }),
      fc.constantFrom("", "/", "//"),
      (parts, lengths, end) => {
        const short = parts.map((part) => `/${part}`).join("") + end;
        const long = detour(5000) +
          parts.map((part, i) => `${detour(lengths[i]!)}/${part}`).join("") +
          end;
        deepEqual(ask(long), ask(short), short);
        deepEqual(follow(long), follow(short), short);
      },
    ),
    { numRuns: 300 },
  );
});

test("Where a piece of a path ends makes no difference", ({ client }) => {
  const { ino } = done(client.lstat("/a/b/c/file"));
  const ways = ["/relative/c/file", "/twice/file", "/a/up/absolute/c/file"];
  for (const way of ways) {
    for (let length = 4096 - way.length - 2; length < 4100; length++) {
      equal(done(client.lstat(detour(length) + way)).ino, ino);
      equal(done(client.lstat("/".repeat(length) + way)).ino, ino);
      equal(done(client.lstat(`/a${"/".repeat(length)}..${way}`)).ino, ino);
    }
  }
});

test("A final symlink of a long path is followed by those that follow one, and by no other", ({ client, host, top }) => {
  const way = `${detour(5000)}/tofile`;
  done(client.chmod(way, 0o604));
  equal(host.lstat(`${top}/a/file`).mode & 0o777, 0o604);
  done(client.truncate(way, 5n));
  equal(host.lstat(`${top}/a/file`).size, 5n);
  done(client.chown(way, 7, 8));
  deepEqual(
    [host.lstat(`${top}/tofile`).uid, host.lstat(`${top}/a/file`).uid],
    [7, 0],
  );
  equal(new TextDecoder().decode(done(client.readlink(way))), "a/file");
  done(client.rename(way, `${detour(5000)}/renamed`));
  done(client.remove(`${detour(5000)}/renamed`));
  deepEqual(host.names(`${top}/a`).includes("file"), true);
});

test("40 symlinks on a long path are followed, 41 are ELOOP, however they are spread", ({ client, host, top }) => {
  host.symlink(".", `${top}/dot`);
  host.symlink("dot/dot/dot", `${top}/four`);
  for (const gap of [2, 100, 300, 1400]) {
    const way = (link: string, count: number) =>
      detour(4096) + `/${link}${detour(gap)}`.repeat(count) + "/file";
    done(client.lstat(way("dot", 40)));
    refused(client.lstat(way("dot", 41)), "ELOOP");
    done(client.lstat(way("four", 10)));
    refused(client.lstat(way("four", 11)), "ELOOP");
  }
  refused(client.lstat(`${detour(5000)}/loop/file`), "ELOOP");
});

test("No long path leads out of the export", (harness) => {
  const { client, host, top } = harness;
  host.symlink("../".repeat(1000), `${top}/out`);
  host.symlink(`${top}/file`, `${top}/outside`);
  const root = host.lstat(top).ino;
  const base = dig(harness, 6000);
  for (
    const way of [
      "/..".repeat(20_000),
      `${base}${"/..".repeat(3000)}`,
      `${detour(5000)}/out`.repeat(3) + "/.",
      `${detour(5000)}/root/${".".repeat(2)}`,
      "/".repeat(60_000),
    ]
  ) equal(done(client.lstat(way)).ino, root, way.slice(-20));
  refused(client.truncate(`${detour(5000)}/outside`, 1n), "ENOENT");
  refused(client.lstat(`${detour(5000)}/outside/x`), "ENOENT");
});
