/** `--log-level debug`: each request and its answer, as strace(1) would write them. */
import { deepEqual, equal } from "node:assert/strict";
import * as constants from "../../ffi/constants.ts";
import type { Client } from "../../src/proxy/client/client.ts";
import { openFlags } from "../../src/proxy/trace/flags.ts";
import { frame } from "../../src/proxy/wire/encode.ts";
import { REQUEST_NAMES, REQUESTS } from "../../src/proxy/wire/protocol.ts";
import { type RunningHelper, startHelper } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { logged } from "../support/said.ts";

const test = testsThatNeed("root", "xattrs");
const PREFIX = "debug: ";
const KEEP = 0xffffffff;

function traced(directory: string): Promise<RunningHelper> {
  return startHelper({ directory, args: ["--log-level", "debug"] });
}

/** What was traced, once the helper has ended. */
async function trace(helper: RunningHelper): Promise<string[]> {
  const { output } = await helper.stop();
  return output.trimEnd().split("\n").map(logged)
    .filter((line) => line.startsWith(PREFIX))
    .map((line) => line.slice(PREFIX.length));
}

/** Asks, lets go of a descriptor that comes with the answer. */
type Ask = (client: Client) => { errno: number; value?: unknown };

/** Requests, and what is written about each. A descriptor's number is written as FD. */
const SESSION: readonly (readonly [Ask, string])[] = [
  [
    (c) => c.create("/file", 0o1102, 0o100640, 1000, 1001),
    'CREATE("/file", O_RDWR|O_CREAT|O_TRUNC, 0100640, uid=1000, gid=1001) = FD',
  ],
  [
    (c) => c.create("/file", 0o301, 0o600, 0, 0),
    'CREATE("/file", O_WRONLY|O_CREAT|O_EXCL, 0600, uid=0, gid=0) = -1 EEXIST',
  ],
  [(c) => c.open("/file", 0), 'OPEN("/file", O_RDONLY) = FD'],
  [
    (c) => c.open("/file", 0o4000 | 0o2000 | 1),
    'OPEN("/file", O_WRONLY|O_APPEND|O_NONBLOCK) = FD',
  ],
  [
    (c) => c.open("/gone", 0o4010000),
    'OPEN("/gone", O_RDONLY|O_SYNC) = -1 ENOENT',
  ],
  [
    (c) => c.mkdir("/dir", 0o755, 0, 7),
    'MKDIR(uid=0, gid=7, "/dir", 0755) = 0',
  ],
  [
    (c) => c.mkdir("/no", 0o755, KEEP, 0),
    'MKDIR(uid=-1, gid=0, "/no", 0755) = 0',
  ],
  [
    (c) => c.mknod("/pipe", 0o10644, 0n, 5, 6),
    'MKNOD(uid=5, gid=6, "/pipe", 010644, rdev=0x0) = 0',
  ],
  [
    (c) => c.mknod("/null", 0o20666, 0x103n, 5, 6),
    'MKNOD(uid=5, gid=6, "/null", 020666, rdev=0x103) = -1 EPERM',
  ],
  [
    (c) => c.symlink("to/nowhere", "/link", 0, 0),
    'SYMLINK(uid=0, gid=0, "to/nowhere", "/link") = 0',
  ],
  [(c) => c.link("/file", "/dir/other"), 'LINK("/file", "/dir/other") = 0'],
  [(c) => c.lstat("/link"), 'LSTAT("/link") = 116 bytes'],
  [(c) => c.lstat("/file/x"), 'LSTAT("/file/x") = -1 ENOTDIR'],
  [(c) => c.readlink("/link"), 'READLINK("/link", 4096) = 12 bytes'],
  [(c) => c.readlink("/link", -1), 'READLINK("/link", -1) = -1 EINVAL'],
  [(c) => c.statfs("/"), 'STATFS("/") = 88 bytes'],
  [(c) => c.chmod("/file", 0o4600), 'CHMOD("/file", 04600) = 0'],
  [(c) => c.chown("/file", KEEP, 0), 'CHOWN("/file", uid=-1, gid=0) = 0'],
  [
    (c) => c.truncate("/file", 1n << 40n),
    'TRUNCATE("/file", 1099511627776) = 0',
  ],
  [(c) => c.truncate("/file", -5n), 'TRUNCATE("/file", -5) = -1 EINVAL'],
  [
    (c) => c.utime("/file", -1n, 5n, 1n << 33n, 999_999_999n),
    'UTIME("/file", -1, 5, 8589934592, 999999999) = 0',
  ],
  [
    (c) => c.lsetxattr("/file", "user.secret", "pass\0word", 1),
    'LSETXATTR("/file", "user.secret", 9 bytes, 9, 1) = 0',
  ],
  [
    (c) => c.lsetxattr("/file", "user.secret", "", 1),
    'LSETXATTR("/file", "user.secret", 0 bytes, 0, 1) = -1 EEXIST',
  ],
  [
    (c) => c.lgetxattr("/file", "user.secret", 100),
    'LGETXATTR(100, "/file", "user.secret") = 11 bytes',
  ],
  [
    (c) => c.lgetxattr("/file", "user.none", 100),
    'LGETXATTR(100, "/file", "user.none") = -1 ENODATA',
  ],
  [(c) => c.llistxattr("/file", 100), 'LLISTXATTR(100, "/file") = 14 bytes'],
  [(c) => c.llistxattrLength("/file"), 'LLISTXATTR(0, "/file") = 4 bytes'],
  [
    (c) => c.lremovexattr("/file", "user.secret"),
    'LREMOVEXATTR("/file", "user.secret") = 0',
  ],
  [
    (c) => c.rename("/dir/other", "/other"),
    'RENAME("/dir/other", "/other") = 0',
  ],
  [(c) => c.remove("/dir"), 'REMOVE("/dir") = 0'],
  [(c) => c.remove("/dir"), 'REMOVE("/dir") = -1 ENOENT'],
  [(c) => c.getversion("/pipe"), 'GETVERSION("/pipe") = -1 ENXIO'],
  [(c) => c.getversion("/"), 'GETVERSION("/") = 8 bytes'],
];

test("Each request is written with its fields, and what it came to", async () => {
  using directory = workspace();
  await using helper = await traced(directory.path);
  const told: number[] = [];
  for (const [ask] of SESSION) {
    const { errno, value } = ask(helper.client);
    told.push(errno);
    if (typeof value === "number") helper.connection.closeDescriptor(value);
  }
  const lines = await trace(helper);
  deepEqual(
    lines.map((line) =>
      line.replace(/^((?:OPEN|CREATE)\(.*\) = )\d+$/, "$1FD")
    ),
    SESSION.map(([, line]) => line),
  );
  // What was written is what was answered.
  deepEqual(
    lines.map((line) => line.includes(" = -1 ")),
    told.map((errno) => errno !== 0),
  );
});

Deno.test("The session asks everything that can be asked", () => {
  const asked = new Set(SESSION.map(([, line]) => line.split("(")[0]));
  deepEqual(REQUEST_NAMES.filter((name) => !asked.has(name)), []);
});

for (
  const [what, name, expected] of [
    ["quotes", 'quote"backslash\\', '"/quote\\"backslash\\\\"'],
    ["ends of lines", "\t, \n, \r", '"/\\t, \\n, \\r"'],
    ["a terminal's escapes", "\x1b[31mred\x07", '"/\\x1b[31mred\\x07"'],
    ["C1 controls", "\u009b31m", '"/\\xc2\\x9b31m"'],
    ["letters beyond ASCII", "ümlaut", '"/\\xc3\\xbcmlaut"'],
    [
      "Unicode's ends of lines and changes of direction",
      "\u2028\u202e",
      '"/\\xe2\\x80\\xa8\\xe2\\x80\\xae"',
    ],
    ["a delete character", "\x7f", '"/\\x7f"'],
    ["255 bytes", "x".repeat(255), `"/${"x".repeat(255)}"`],
    ["more than can be shown", "x".repeat(256), `"/${"x".repeat(255)}"...`],
    ["a NUL", "end\0rest", '"/end"'],
  ] as const
) {
  test(`A name with ${what} is quoted`, async () => {
    using directory = workspace();
    await using helper = await traced(directory.path);
    const { errno } = helper.client.lstat(`/${name}`);
    const error = errno === 36 ? "ENAMETOOLONG" : "ENOENT";
    deepEqual(await trace(helper), [`LSTAT(${expected}) = -1 ${error}`]);
  });
}

Deno.test("Flags are written by their names, and what has none as a number", () => {
  const O = constants as unknown as Record<string, number>;
  for (
    const name of [
      ...["CREAT", "EXCL", "NOCTTY", "TRUNC", "APPEND", "NONBLOCK", "DSYNC"],
      ...["ASYNC", "DIRECT", "LARGEFILE", "DIRECTORY", "NOFOLLOW", "NOATIME"],
      ...["CLOEXEC", "PATH"],
    ]
  ) equal(openFlags(O[`O_${name}`]!), `O_RDONLY|O_${name}`);
  equal(openFlags(3), "O_ACCMODE");
  equal(openFlags(O.O_SYNC! | 2), "O_RDWR|O_SYNC");
  equal(openFlags(0xc0000000), "O_RDONLY|0xc0000000");
  equal(openFlags(-1 >>> 0).split("|").length, 18);
});

test("A request that can't be read is written by its number and size", async () => {
  using directory = workspace();
  await using helper = await traced(directory.path);
  const { number } = REQUESTS.LSTAT;
  helper.client.raw("LSTAT", frame(number, new Uint8Array(0)));
  helper.client.raw("LSTAT", frame(number, new Uint8Array([9, 0, 1])));
  deepEqual(await trace(helper), [
    "request 8 of 0 bytes = -1 ENOBUFS",
    "request 8 of 3 bytes = -1 ENOBUFS",
  ]);
});

test("No value of an attribute is written, not even in a request that is refused", async () => {
  await using helper = await startHelper({
    args: ["--log-level=debug", "--log-format=json"],
  });
  Deno.writeTextFileSync(`${helper.directory}/file`, "");
  helper.client.lsetxattr("/file", "user.x", "geheim", 0);
  helper.client.lsetxattr("/file", "user.x", "geheim", 99);
  helper.client.lsetxattr("/file", "user.x", "geheim", 0, 500);
  helper.client.lgetxattr("/file", "user.x", 100);
  const { output } = await helper.stop();
  equal(output.match(/SETXATTR/g)?.length, 3);
  equal(output.includes("geheim"), false);
});

test("At the level info no request is written", async () => {
  await using helper = await startHelper();
  helper.client.lstat("/");
  deepEqual(await trace(helper), []);
});
