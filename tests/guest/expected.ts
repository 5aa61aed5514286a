/**
 * What the host has to find in the share once the guest has done its job: each
 * line as {@linkcode hostView} writes it.
 *
 * @module
 */
import { ARCHIVE_TIME, data, sha256, smallFiles } from "./material.ts";

/** Who of the guest has worked. */
type Worker = "root" | "user";

/** Adds lines for files below one directory, which belong to `owner`. */
class Listing {
  readonly lines: string[] = [];
  constructor(readonly prefix: string, readonly owner: string) {}

  directory(path: string, mode = "755", more: More = {}): void {
    this.#line(path, `d ${mode}`, more);
  }

  file(
    path: string,
    content: string | Uint8Array,
    mode = "644",
    more: More = {},
  ): void {
    const size = typeof content === "string"
      ? new TextEncoder().encode(content).length
      : content.length;
    this.#line(path, `f ${mode}`, more, [
      `${more.links ?? 1} links, ${size} bytes`,
    ], [sha256(content)]);
  }

  symlink(path: string, target: string, more: More = {}): void {
    this.#line(path, "l 777", more, [`-> ${target}`]);
  }

  /** A FIFO, or with `device` a device. */
  node(path: string, kind: string, more: More = {}, device?: string): void {
    this.#line(path, kind, more, device ? [`device ${device}`] : []);
  }

  #line(
    path: string,
    kind: string,
    { owner = this.owner, time, attributes }: More,
    before: string[] = [],
    after: string[] = [],
  ): void {
    this.lines.push(
      [
        [this.prefix, path].filter((part) => part !== "").join("/"),
        `${kind} ${owner}`,
        ...before,
        ...(time === undefined ? [] : [`time ${time}`]),
        ...after,
        ...(attributes ? [attributes] : []),
      ].join(" | "),
    );
  }
}

interface More {
  readonly owner?: string;
  readonly links?: number;
  readonly time?: number;
  readonly attributes?: string;
}

/** All that one worker leaves behind in its directory below `msize`. */
export function leftBehind(msize: number, worker: Worker): string[] {
  const user = worker === "user";
  const left = new Listing(`${msize}/${worker}`, user ? "1000:1000" : "0:0");
  left.directory("");
  filesAndDirectories(left);
  namesAndLinks(left);
  modesAndTimes(left);
  attributes(left);
  if (user) {
    left.directory("closed", "0");
    left.file("closed/x", "x\n");
  } else {
    rootsOwn(left);
  }
  return left.lines;
}

/** What is left of the thousand files: the guest removes the directories that begin with 1 or 3. */
export function leftOfThousand(prefix: string): string[] {
  const left = new Listing(prefix, "1000:1000");
  left.directory("files");
  const kept = smallFiles().filter(({ path }) => !/part [13]/.test(path));
  for (const path of new Set(kept.map(({ path }) => path.slice(0, -10)))) {
    left.directory(path);
  }
  for (const { path, mode, data } of kept) {
    left.file(path, data, mode.toString(8), { time: ARCHIVE_TIME });
  }
  return left.lines;
}

/** What is left of the part that the original does not survive. */
export function leftBeyond(): string[] {
  const left = new Listing("beyond", "0:1000");
  left.directory("", "2777");
  left.directory("dir", "2755");
  left.file("file", "x\n");
  left.symlink("link", "x");
  left.node("fifo", "p 644");
  left.file("user", "x\n", "644", { owner: "1000:1000" });
  left.directory("users", "2755", { owner: "1000:1000" });
  left.symlink("users/link", "x", { owner: "1000:1000" });
  left.file("root", "again\n", "644", { owner: "5:6" });
  return left.lines;
}

/** Where two lists of lines are not the same. */
export function differences(
  ours: readonly string[],
  expected: readonly string[],
): string[] {
  const count = Math.max(ours.length, expected.length);
  return Array.from({ length: count }, (_, at) => at)
    .filter((at) => ours[at] !== expected[at])
    .map((at) => `${at}: ${ours[at]} and not ${expected[at]}`);
}

function filesAndDirectories(left: Listing): void {
  const large = data();
  left.file("a", "lon");
  left.file("exclusive", "exclusive\n");
  left.file("both", "both ways\n");
  left.file("big", large);
  left.file("part", large.subarray(8180, 8240));
  left.file("sorted", appended());
  left.file("script", "#!/bin/sh\necho so does a script\n", "700");
  for (const path of ["d", "d/e", "d/e/empty", "full"]) left.directory(path);
  left.file("d/e/empty/one", "1\n");
  left.file("full/2", "2\n");
  left.file("full/3", "3\n");
  left.file("r2", "new\n");
  left.file("r4", "other\n");
  let deep = "";
  for (let level = 1; level <= 20; level++) {
    deep += `a-directory-name-of-some-forty-letters-${level}`;
    left.directory(deep);
    deep += "/";
  }
  left.file(`${deep}file`, "deep\n");
}

function namesAndLinks(left: Listing): void {
  left.directory("names");
  for (
    const name of [
      ...["with space", "quo'te\"", "back\\slash", ".hidden", "*"],
      ...["naïve ☃", "new\nline"],
    ]
  ) left.file(`names/${name}`, `<${name}>\n`);
  // The host's view is decoded, the content is as it was written.
  const raw = new TextEncoder().encode("<not utf8 \0\0>\n");
  raw.set([0xff, 0xfe], 10);
  left.file("names/not utf8 \ufffd\ufffd", raw);
  const linked = "linked\nmore\nthrough\n";
  left.directory("ld");
  left.file("l2", linked, "644", { links: 2 });
  left.file("ld/l3", linked, "644", { links: 2 });
  left.symlink("ld/s2", "../l2");
  left.symlink("s3", "ld");
  left.symlink("absolute", "/etc/passwd");
  left.symlink("dangling", "nowhere");
  left.symlink("loop", "loop");
  left.symlink("longest", "0".repeat(4000));
}

function modesAndTimes(left: Listing): void {
  left.file("mode", "x\n", "640");
  left.directory("modes");
  left.file("private", "x\n", "600");
  left.directory("privates", "700");
  left.file("public", "x\n", "666");
  left.directory("publics", "777");
  left.directory("group", "2755");
  left.directory("group/below", "2755");
  left.symlink("to-mode", "mode");
  left.file("time", "x\ny\n", "644", { time: 1_000_000_000 });
  left.file("time2", "x\ny\n", "644", { time: 1_000_000_000 });
  left.directory("timed", "755", { time: 1_000_000_000 });
  left.symlink("to-time", "time", { time: 1_000_000_001 });
  left.node("fifo", "p 644");
}

function attributes(left: Listing): void {
  left.file("attr2", "x\n", "644", {
    attributes: `user.colour=${hex("blue")} user.long=${hex("0".repeat(3000))}`,
  });
  const numbered = Array.from(
    { length: 10 },
    (_, n) => `user.name-${n}=${hex(String(n))}`,
  );
  left.directory("attrs", "755", {
    attributes: [...numbered, `user.of=${hex("directory")}`].join(" "),
  });
  left.symlink("to-attr", "attr2");
}

function rootsOwn(left: Listing): void {
  // The set-user-ID and set-group-ID bits go when the owner changes.
  left.file("owned", "x\n", "755", { owner: "10:11" });
  left.symlink("to-owned", "owned", { owner: "8:9" });
  left.directory("owns", "755", { owner: "1000:1000" });
  left.directory("owns/below", "755", { owner: "1000:1000" });
  left.file("secret", "secret\nmore\n", "0");
  left.directory("sticky", "1777");
  left.file("sticky/file", "root\nuser\n", "666");
  left.file("sticky/mine", "mine\n", "644", { owner: "1000:1000" });
  left.node("null", "c 644", {}, "1:3");
  left.node("disk", "b 600", { owner: "3:4" }, "259:1048575");
  left.node("named", "p 600");
}

/** What four processes have appended to one file, sorted. */
function appended(): string {
  const lines = [1, 2, 3, 4].flatMap((writer) =>
    Array.from({ length: 10 }, (_, n) => `${writer} ${n}\n`)
  );
  return lines.join("");
}

function hex(text: string): string {
  return "0x" + new TextEncoder().encode(text).toHex();
}
