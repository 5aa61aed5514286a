/** A directory, and then the last name itself, changes places with a symlink out of the export while requests go through it. */
import { deepEqual, equal } from "node:assert/strict";
import { O_CREAT, O_RDWR, S_IFIFO } from "../../ffi/constants.ts";
import type { Stat } from "../../src/proxy/client/client.ts";
import type { RequestName } from "../../src/proxy/wire/protocol.ts";
import {
  attacksThatNeed,
  type Harness,
  makeFiles,
  MARK,
  OPEN,
  SECRET,
} from "../support/attack.ts";
import { race, ROUNDS, shot, volley } from "../support/attack_race.ts";

const test = attacksThatNeed(["root", "mount", "big xattrs"], {
  inMemory: true,
});

const owner = { uid: 7, gid: 7 };
const at = (name: string) => `/way/${name}`;
const long = `${"/.".repeat(2100)}/way${"/.".repeat(2100)}/file`;

/** Every request there is, on names below `/way`. What one makes another removes. */
const SHOTS = [
  shot("LSTAT", { path: long }),
  shot("OPEN", { path: long, flags: O_RDWR }),
  shot("CHMOD", { path: long, mode: 0o606 }),
  shot("OPEN", { path: at("file"), flags: O_RDWR }),
  shot("LSTAT", { path: at("file") }),
  shot("READLINK", { path: at("link"), size: 64 }),
  shot("STATFS", { path: at("file") }),
  shot("GETVERSION", { path: at("file") }),
  shot("CHMOD", { path: at("file"), mode: 0o666 }),
  shot("CHOWN", { path: at("file"), ...owner }),
  shot("TRUNCATE", { path: at("file"), size: 3n }),
  shot("UTIME", {
    path: at("file"),
    atimeSeconds: 1n,
    atimeNanoseconds: 0n,
    mtimeSeconds: 1n,
    mtimeNanoseconds: 0n,
  }),
  shot("LGETXATTR", { path: at("file"), name: MARK, size: 64 }),
  shot("LLISTXATTR", { path: at("file"), size: 64 }),
  shot("LSETXATTR", {
    path: at("file"),
    name: MARK,
    value: "changed",
    size: 7,
    flags: 0,
  }),
  shot("LREMOVEXATTR", { path: at("file"), name: MARK }),
  shot("CREATE", {
    path: at("new"),
    flags: O_RDWR | O_CREAT,
    mode: 0o600,
    ...owner,
  }),
  shot("REMOVE", { path: at("new") }),
  shot("MKNOD", { path: at("new"), mode: S_IFIFO, rdev: 0n, ...owner }),
  shot("REMOVE", { path: at("new") }),
  shot("MKDIR", { path: at("new"), mode: 0o700, ...owner }),
  shot("REMOVE", { path: at("new") }),
  shot("SYMLINK", { path: at("new"), target: "x", ...owner }),
  shot("RENAME", { old: at("new"), new: "/mine" }),
  shot("RENAME", { old: at("directory"), new: at("victim") }),
  shot("RENAME", { old: at("victim"), new: "/mine" }),
  shot("LINK", { old: at("file"), new: "/hard" }),
  shot("LINK", { old: "/mine", new: at("victim") }),
  shot("REMOVE", { path: "/hard" }),
  shot("REMOVE", { path: "/mine" }),
];

/** Asks all {@linkcode SHOTS} until the requests of these names have been in the race. Returns how often the names changed. */
function ask(
  { client, host, isSecret }: Harness,
  changes: readonly string[],
  names: readonly RequestName[],
): Promise<number> {
  const count = new Map<string, { inside: number; nothing: number }>();
  return race(changes, () => {
    volley(client, SHOTS, ({ errno, value }, { name }) => {
      const seen = count.get(name) ?? { inside: 0, nothing: 0 };
      count.set(name, seen);
      if (errno === 0) seen.inside++;
      else seen.nothing++;
      if (name === "OPEN" || name === "CREATE") {
        if (typeof value !== "number") return;
        equal(isSecret(host.fstat(value)), false, `${name} has reached it`);
        host.close(value);
      }
      if (value instanceof Uint8Array) {
        const text = new TextDecoder().decode(value);
        equal(text.includes(SECRET), false, `${name} has read it`);
        if (name === "LSTAT") equal(isSecret(statOf(value)), false);
      }
    });
  }, () =>
    names.every((name) => {
      const { inside = 0, nothing = 0 } = count.get(name) ?? {};
      return inside > 0 && nothing > 0;
    }));
}

/** What is needed of the payload that answers LSTAT. */
function statOf(payload: Uint8Array): Pick<Stat, "ino" | "uid"> {
  const view = new DataView(payload.buffer, payload.byteOffset);
  return { ino: view.getBigUint64(8, true), uid: view.getUint32(28, true) };
}

for (
  const [kind, target] of [
    ["a relative", () => "../secrets"],
    ["an absolute", ({ secrets }: Harness) => secrets],
  ] as const
) {
  test(`every request goes through a directory that is ${kind} symlink out of the export half of the time`, async (harness) => {
    const { host, export: top, secrets, stopped } = harness;
    makeFiles(host, `${top}/way`, OPEN);
    host.symlink(target(harness), `${top}/out`);
    const exchange = ["exchange", `${top}/way`, `${top}/out`];
    const names = ["OPEN", "LSTAT", "CREATE", "CHOWN"] as const;
    const swaps = await ask(harness, exchange, names);
    deepEqual(host.names(secrets), ["directory", "file", "link", "victim"]);
    stopped(
      `${ROUNDS} × every request through a directory that a process of the host exchanged for ${kind} symlink out of the export, ${swaps} times`,
      "chroot(2): a symlink's target is looked up in the jail (ENOENT)",
    );
  });
}

test("the last name of a path is a symlink out of the export half of the time", async (harness) => {
  const { host, export: top, secrets, stopped } = harness;
  makeFiles(host, `${top}/way`, OPEN);
  host.symlink(`${"../".repeat(30)}${secrets}/file`, `${top}/out`);
  const exchange = ["exchange", `${top}/way/file`, `${top}/out`];
  const names = ["OPEN", "CHMOD", "TRUNCATE", "STATFS"] as const;
  const swaps = await ask(harness, exchange, names);
  stopped(
    `${ROUNDS} × every request on a file that was exchanged for a symlink out of the export, ${swaps} times`,
    "chroot(2), and no following of the last name but by OPEN, CHMOD, TRUNCATE, STATFS and GETVERSION",
  );
});
