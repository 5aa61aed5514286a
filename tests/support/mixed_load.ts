/**
 * Work of all kinds for a helper.
 *
 * @module
 */
import {
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  S_IFCHR,
  S_IFIFO,
} from "../../ffi/constants.ts";
import type { Answer, Client } from "../../src/proxy/client/client.ts";

const OWNERS = [[0, 0], [0, 5], [1000, 0], [1000, 1000], [0xffffffff, 0]];
const MANY = 65_000;

/**
 * Makes every request of the protocol, with good and with bad ends and for
 * owners of all kinds, `rounds` times. Leaves the export as it was.
 */
export function workThrough(client: Client, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    const [uid = 0, gid = 0] = OWNERS[round % OWNERS.length]!;
    client.mkdir("/d", 0o700, uid, gid);
    client.mkdir("/d", 0o700, 0, 0);
    make(client, "/d", uid, gid);
    make(client, "/missing/d", uid, gid);
    for (const path of ["/d/file", "/d/link", "/d", "/missing/file"]) {
      ask(client, path, round);
    }
    for (const path of ["/d/link", "/d/node", "/d/fifo", "/d/renamed"]) {
      client.remove(path);
    }
    client.remove("/d");
    client.remove("/d/file");
    client.remove("/d/created");
    client.remove("/d");
  }
}

function make(client: Client, at: string, uid: number, gid: number): void {
  closed(client, client.create(`${at}/file`, O_CREAT | O_RDWR, 0o644, 0, 0));
  closed(
    client,
    client.create(`${at}/created`, O_CREAT | O_RDWR, 0o644, uid, gid),
  );
  client.mknod(`${at}/node`, S_IFCHR | 0o600, 0x103n, 0, 0);
  client.mknod(`${at}/fifo`, S_IFIFO | 0o600, 0n, uid, gid);
  client.symlink("file", `${at}/link`, uid, gid);
  client.link(`${at}/file`, `${at}/linked`);
  client.rename(`${at}/linked`, `${at}/renamed`);
}

function ask(client: Client, path: string, round: number): void {
  for (const flags of [O_RDONLY, O_RDWR, O_RDONLY | O_DIRECTORY]) {
    closed(client, client.open(path, flags));
  }
  for (let i = 0; i < 20; i++) client.lstat(path);
  client.getversion(path);
  client.readlink(path);
  client.statfs(path);
  client.chmod(path, 0o700);
  client.chown(path, 7, 7);
  client.truncate(path, BigInt(round));
  client.utime(path, 1n, 2n, 3n, 4n);
  client.lsetxattr(path, "user.a", "value", 0);
  client.lsetxattr(path, "user.b", new Uint8Array(MANY), 0);
  client.lgetxattr(path, "user.a", 16);
  client.lgetxattr(path, "user.a", MANY);
  client.llistxattr(path, MANY);
  client.lremovexattr(path, "user.a");
  client.lremovexattr(path, "user.a");
}

function closed(client: Client, answer: Answer<number>): void {
  if (answer.value !== undefined) {
    client.connection.closeDescriptor(answer.value);
  }
}
