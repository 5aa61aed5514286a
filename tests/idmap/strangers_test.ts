/** Files of the export whose owner the guest does not have: as for any stranger, and no more. */
import { deepEqual, equal, match } from "node:assert/strict";
import {
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
} from "../../ffi/constants.ts";
import type { Client } from "../../src/proxy/client/client.ts";
import { encodeAcl } from "../support/acl.ts";
import type { Host } from "../support/host.ts";
import { FIRST, NOBODY, STRANGE, testsOfMappedIds } from "../support/mapped.ts";
import { done, outcome, refused } from "../support/said.ts";

const test = testsOfMappedIds();
const KEEP = 0xffff_ffff;

/** Owners that the guest lacks, wholly or half; the host's root among them. */
const STRANGERS = {
  root: [0, 0],
  user: [0, FIRST],
  group: [FIRST, 0],
  above: [FIRST + STRANGE, FIRST + STRANGE],
} as const;
const NAMES = Object.keys(STRANGERS);

/** Exchanges the names `own` and `root` for ever. */
const SWAP =
  'while (1) { rename "own", "x"; rename "root", "own"; rename "x", "root" }';

/** A file and a directory of each, which all may read and write. */
function strangers(host: Host, path: string): void {
  for (const [name, [uid, gid]] of Object.entries(STRANGERS)) {
    Deno.writeTextFileSync(`${path}/${name}`, "a stranger's");
    Deno.mkdirSync(`${path}/${name}.d`);
    Deno.writeTextFileSync(`${path}/${name}.d/mine`, "the guest's");
    host.lchown(`${path}/${name}.d/mine`, FIRST, FIRST);
    for (const [file, mode] of [[name, 0o666], [`${name}.d`, 0o777]] as const) {
      host.chmod(`${path}/${file}`, mode);
      host.lchown(`${path}/${file}`, uid, gid);
    }
  }
}

/** Everything that changes a file, on `/name`. */
function changes(client: Client, name: string): Record<string, string> {
  const path = `/${name}`;
  const answers = {
    write: client.open(path, O_WRONLY),
    truncateOnOpen: client.open(path, O_RDWR | O_TRUNC),
    createOver: client.create(path, O_RDWR | O_CREAT, 0o600, 0, 0),
    truncate: client.truncate(path, 0n),
    chmod: client.chmod(path, 0o777),
    utime: client.utime(path, 1n, 0n, 1n, 0n),
    link: client.link(path, "/another"),
    rename: client.rename(path, "/another"),
    renameOver: client.rename("/own", path),
    remove: client.remove(path),
    setUserXattr: client.lsetxattr(path, "user.a", "b", 0),
    setAcl: client.lsetxattr(
      path,
      "system.posix_acl_access",
      encodeAcl({ user: 1, group: 1 }),
      0,
    ),
    removeAcl: client.lremovexattr(path, "system.posix_acl_access"),
  };
  return Object.fromEntries(
    Object.entries(answers).map(([what, answer]) => [what, outcome(answer)]),
  );
}

test("No request changes a stranger's file, whatever its mode", async ({ start, host, path, inGuest }) => {
  strangers(host, path);
  Deno.writeTextFileSync(`${path}/own`, "the guest's");
  host.lchown(`${path}/own`, FIRST, FIRST);
  const { client } = await start();
  for (const name of NAMES) {
    const before = host.lstat(`${path}/${name}`);
    match(inGuest(name), new RegExp(`${NOBODY}`));
    for (const [what, answer] of Object.entries(changes(client, name))) {
      match(answer, /^E(ACCES|PERM|OVERFLOW)$/, `${what} of ${name}`);
    }
    const after = host.lstat(`${path}/${name}`);
    deepEqual({ ...after, atime: 0n }, { ...before, atime: 0n });
    equal(Deno.readTextFileSync(`${path}/${name}`), "a stranger's");
  }
});

test("A stranger's file can't be taken by chown, neither user nor group", async ({ start, host, path, onHost }) => {
  strangers(host, path);
  const { client } = await start();
  const owners = [
    ...[[0, 0], [0, KEEP], [KEEP, 0], [KEEP, KEEP]] as const,
    ...[[5, 5], [NOBODY, NOBODY]] as const,
  ];
  for (const name of NAMES.flatMap((name) => [name, `${name}.d`])) {
    const before = onHost(name);
    for (const [uid, gid] of owners) {
      const what = `${name} to ${uid}:${gid}`;
      refused(client.chown(`/${name}`, uid, gid), "EOVERFLOW", what);
      equal(onHost(name), before);
    }
  }
});

const swapTest = testsOfMappedIds("ext4", "perl");
swapTest(
  "A stranger's file can't be taken by chown while another process swaps it for the guest's own",
  async ({ start, host, path }) => {
    for (const [name, owner] of [["own", FIRST], ["root", 0]] as const) {
      Deno.writeTextFileSync(`${path}/${name}`, "");
      host.lchown(`${path}/${name}`, owner, owner);
    }
    const { client } = await start();
    const stranger = host.lstat(`${path}/root`).ino;
    const swapper = new Deno.Command("perl", {
      args: ["-e", SWAP],
      cwd: path,
    }).spawn();
    try {
      const answers = new Set<string>();
      // So often at least, and until the name has been both; but not for ever.
      for (let round = 0; round < 200_000; round++) {
        if (round >= 10_000 && answers.size === 3) break;
        answers.add(outcome(client.chown("/own", 7, 7)));
      }
      deepEqual([...answers].sort(), ["ENOENT", "EOVERFLOW", "done"]);
    } finally {
      swapper.kill("SIGKILL");
      await swapper.status;
    }
    const owner = host.names(path).map((name) => host.lstat(`${path}/${name}`))
      .find(({ ino }) => ino === stranger);
    deepEqual([owner?.uid, owner?.gid], [0, 0]);
  },
);

test("In a stranger's directory nothing is made and nothing removed", async ({ start, host, path }) => {
  strangers(host, path);
  const { client } = await start();
  for (const name of NAMES) {
    const at = `/${name}.d`;
    deepEqual(
      [
        client.create(`${at}/new`, O_RDWR | O_CREAT, 0o600, 0, 0),
        client.create(`${at}/new`, O_RDWR | O_CREAT, 0o600, 5, 5),
        client.mkdir(`${at}/new`, 0o700, 0, 0),
        client.mknod(`${at}/new`, S_IFIFO | 0o600, 0n, 0, 0),
        client.symlink("x", `${at}/new`, 0, 0),
        client.link(`${at}/mine`, `${at}/new`),
        client.rename(`${at}/mine`, `${at}/new`),
        client.rename(`${at}/mine`, "/stolen"),
        client.remove(`${at}/mine`),
      ].map(outcome),
      Array(9).fill("EACCES"),
    );
    deepEqual(host.names(`${path}${at}`), ["mine"]);
    // What is its own in there is its own.
    done(client.chmod(`${at}/mine`, 0o600));
  }
});

test("A stranger's file can be read if all may, and else not by root either", async ({ start, host, path }) => {
  for (const mode of [0o640, 0o644]) {
    Deno.writeTextFileSync(`${path}/${mode}`, "a stranger's");
    host.chmod(`${path}/${mode}`, mode);
  }
  Deno.mkdirSync(`${path}/closed`);
  Deno.writeTextFileSync(`${path}/closed/file`, "x");
  host.chmod(`${path}/closed`, 0o700);
  const { client, connection } = await start();
  refused(client.open(`/${0o640}`, O_RDONLY), "EACCES");
  refused(client.lstat("/closed/file"), "EACCES");
  refused(client.open("/closed", O_RDONLY | O_DIRECTORY), "EACCES");
  const fd = client.open(`/${0o644}`, O_RDONLY).value!;
  equal(host.readAll(fd), "a stranger's");
  connection.closeDescriptor(fd);
});

test("A guest with mapped ids makes no device, which the host's users could open", async ({ start, host, path, onHost }) => {
  host.mknod(`${path}/roots`, S_IFCHR | 0o600, 0x103n);
  const { client } = await start();
  for (const type of [S_IFCHR, S_IFBLK]) {
    for (const device of [0n, 0x103n, 0x800n]) {
      refused(client.mknod("/node", type | 0o666, device, 0, 0), "EPERM");
    }
  }
  // One that is there can't be made its own.
  refused(client.chown("/roots", 0, 0), "EOVERFLOW");
  refused(client.chmod("/roots", 0o666), "EOVERFLOW");
  equal(onHost("roots"), "0:0 600");
  deepEqual(host.names(path), ["roots"]);
});

test("An export that the guest does not own is served, with a warning that says what to do", async ({ start, host, path, inGuest }) => {
  host.lchown(path, 0, 0);
  const helper = await start();
  equal(inGuest(""), `${NOBODY}:${NOBODY} 755`);
  refused(helper.client.mkdir("/new", 0o700, 0, 0), "EACCES");
  match(
    await helper.finish(),
    /warning: \/.*\/export belongs to 0:0, which the guest does not have: it can make and remove nothing there; give the directory to an owner that is mapped/,
  );
});
