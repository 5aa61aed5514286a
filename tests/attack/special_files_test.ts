/** Device nodes, FIFOs and sockets: made, found, swapped in between two requests and during one. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
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
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../../ffi/constants.ts";
import { attacksThatNeed, OPEN } from "../support/attack.ts";
import { race, ROUNDS, shot, volley } from "../support/attack_race.ts";
import { done, outcome, refused } from "../support/said.ts";

const test = attacksThatNeed(["root"]);

/** Device numbers as mknod(2) takes them: /dev/null, the console, the first loop device. */
const NULL = 0x103n, CONSOLE = 0x501n, LOOP = 0x700n;

/** What is no file and no directory, by name. */
const SPECIAL = {
  fifo: [S_IFIFO, 0n],
  socket: [S_IFSOCK, 0n],
  null: [S_IFCHR, NULL],
  console: [S_IFCHR, CONSOLE],
  disk: [S_IFBLK, LOOP],
} as const;

const FLAGS = [O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC];

test("no special file is opened, whoever made it and however it is named", ({ client, host, export: top, stopped }) => {
  for (const [name, [type, device]] of Object.entries(SPECIAL)) {
    done(client.mknod(`/ours-${name}`, type | 0o666, device, 0, 0));
    host.mknod(`${top}/theirs-${name}`, type | 0o666, device);
  }
  // The export's own disk is what an attacker would want to read.
  const { dev } = host.lstat(top);
  done(client.mknod("/ours-root", S_IFBLK | 0o666, dev, 0, 0));
  const directory = done(client.open("/", O_DIRECTORY));
  for (const name of host.names(top)) {
    host.symlink(name, `${top}/to-${name}`);
    for (const path of [`/${name}`, `/to-${name}`]) {
      for (const flags of FLAGS) {
        refused(client.open(path, flags), "ENXIO");
        refused(client.create(path, flags | O_CREAT, 0o666, 0, 0), "ENXIO");
        refused(client.create(path, flags, 0o666, 7, 7), "ENXIO");
      }
      refused(client.truncate(path, 0n), "EINVAL");
      ok(["ENXIO", "done"].includes(outcome(client.getversion(path))));
    }
    if (/null|console|disk|root/.test(name)) {
      for (const flags of FLAGS) {
        throws(() => host.openAt(directory, name, flags), /EACCES/);
      }
    }
  }
  host.close(directory);
  stopped(
    "OPEN, CREATE and GETVERSION of device nodes (among them the disk of the export itself), FIFOs and sockets that the client made or found",
    "the helper, which looks before it opens (ENXIO)",
  );
  stopped(
    "openat(2) as root of such devices by a passed directory",
    "nodev of the private mount (EACCES)",
  );
});

test("device nodes are root's to make, and of no other type than there is", ({ client, host, export: top, stopped }) => {
  for (const type of [S_IFCHR, S_IFBLK]) {
    for (const [uid, gid] of [[7, 7], [0, 7], [7, 0]] as const) {
      refused(client.mknod("/node", type | 0o666, NULL, uid, gid), "EPERM");
    }
  }
  for (const device of [-1n, 1n << 32n, -(1n << 63n), (1n << 63n) - 1n]) {
    refused(client.mknod("/node", S_IFCHR, device, 0, 0), "EINVAL");
  }
  deepEqual(host.names(top), []);
  stopped(
    "MKNOD of devices for users, and of device numbers of 64 bits",
    "CAP_MKNOD, which is lowered for an owner that is not 0:0 (EPERM), and the helper (EINVAL)",
  );
});

test("a file that is a special file at the next request is not opened", ({ client, host, export: top, stopped }) => {
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  for (const [name, [type, device]] of Object.entries(SPECIAL)) {
    host.mknod(`${top}/${name}`, type | 0o666, device);
    const fd = done(client.open("/file", O_RDWR));
    Deno.renameSync(`${top}/file`, `${top}/kept`);
    Deno.renameSync(`${top}/${name}`, `${top}/file`);
    refused(client.open("/file", O_RDWR), "ENXIO");
    // What was passed before is still the file.
    equal(host.fstat(fd).mode & S_IFMT, S_IFREG);
    host.close(fd);
    Deno.renameSync(`${top}/file`, `${top}/${name}`);
    Deno.renameSync(`${top}/kept`, `${top}/file`);
  }
  stopped(
    "a file that was exchanged for a FIFO, a socket or a device between two requests",
    "the helper (ENXIO); the descriptor passed before stays the file's",
  );
});

for (const [name, [type, device]] of Object.entries(SPECIAL)) {
  const what = device === 0n ? `a ${name}` : `the device ${name}`;
  test(`a file that is ${what} half of the time is never opened as such`, async ({ client, host, export: top, stopped }) => {
    Deno.writeTextFileSync(`${top}/file`, OPEN);
    const { ino } = host.lstat(`${top}/file`);
    host.mknod(`${top}/other`, type | 0o666, device);
    const owner = { uid: 7, gid: 7 };
    const shots = [
      ...FLAGS.map((flags) => shot("OPEN", { path: "/file", flags })),
      shot("GETVERSION", { path: "/file" }),
      shot("CREATE", {
        path: "/file",
        flags: O_RDWR | O_CREAT,
        mode: 0o600,
        ...owner,
      }),
      shot("TRUNCATE", { path: "/file", size: 0n }),
    ];
    const seen = { file: 0, other: 0 };
    const exchange = ["exchange", `${top}/file`, `${top}/other`];
    const swaps = await race(
      exchange,
      () =>
        volley(client, shots, ({ errno, value }, asked) => {
          if (errno !== 0) seen.other++;
          else if (asked.name === "OPEN" || asked.name === "CREATE") {
            seen.file++;
            equal(host.fstat(value as number).ino, ino);
            host.close(value as number);
          }
        }),
      () => seen.file > 0 && seen.other > 0,
    );
    stopped(
      `${ROUNDS} × OPEN with each way to open, CREATE, TRUNCATE and GETVERSION of a file that was exchanged for ${what}, ${swaps} times`,
      "the helper: O_NONBLOCK always, and a second look at what it has opened (ENXIO); nodev of the private mount (EACCES)",
    );
  });
}
