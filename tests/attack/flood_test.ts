/** Asking for more than anybody takes, and than there is. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { O_CREAT, O_DIRECTORY, O_RDONLY } from "../../ffi/constants.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { DESCRIPTOR_FOLLOWS } from "../../src/proxy/wire/protocol.ts";
import {
  attacksThatNeed,
  GROWTH,
  OPEN,
  residentSize,
} from "../support/attack.ts";
import { Flood } from "../support/attack_flood.ts";
import { startServing } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done, outcome, refused } from "../support/said.ts";
import { System } from "../support/system.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = attacksThatNeed(["root"]);

/** How many descriptors are asked for. */
const MANY = 100_000;

test("a hundred thousand descriptors that nobody takes cost the helper nothing", async (harness) => {
  const { client, helper, host, system, export: top, stopped } = harness;
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  const { connection, pid } = helper;
  const held = () => host.names(`/proc/${pid}/fd`).length;
  const [before, size] = [held(), residentSize(host, pid)];
  const request = encodeRequest("OPEN", { path: "/file", flags: O_RDONLY });
  using flood = new Flood(connection, request, MANY);
  await flood.stuff(system);
  ok(held() <= before + 1, "It keeps descriptors");
  // Those in flight are the kernel's; the words are read without them, which closes them.
  let passed = 0, refusals = 0;
  for (let bytes = new Uint8Array(); passed + refusals < MANY;) {
    bytes = new Uint8Array([...bytes, ...connection.receiveSome(65536)]);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (; at + 4 <= bytes.length; at += 4) {
      if (view.getInt32(at, true) === DESCRIPTOR_FOLLOWS) passed++;
      else refusals++;
    }
    bytes = bytes.slice(at);
    flood.pour();
  }
  // It closes the last one after it has sent it.
  done(client.lstat("/"));
  equal(held(), before);
  const growth = residentSize(host, pid) - size;
  stopped(
    `OPEN × ${MANY} without reading an answer, then without taking a descriptor (${passed} passed, ${refusals} refused)`,
    `the socket's buffer, for which the helper waits with one descriptor; it has grown by ${growth} KiB`,
  );
});

for (const end of ["the client closes", "SIGTERM"] as const) {
  testsThatNeed("root")(
    `a client that never reads its answers: ${end}`,
    async () => {
      using place = exportWorkspace();
      using host = new Host();
      using system = new System();
      Deno.writeTextFileSync(`${place.export}/file`, OPEN);
      host.symlink("x".repeat(4000), `${place.export}/link`);
      const requests = [
        encodeRequest("LSTAT", { path: "/file" }),
        encodeRequest("READLINK", { path: "/link", size: 4096 }),
        encodeRequest("OPEN", { path: "/file", flags: O_RDONLY }),
      ];
      for (const request of requests) {
        await using helper = await startServing({ place });
        const before = residentSize(host, helper.pid);
        using flood = new Flood(helper.connection, request, MANY);
        await flood.stuff(system);
        const growth = residentSize(host, helper.pid) - before;
        ok(growth < GROWTH, `It has grown by ${growth} KiB`);
        if (end === "SIGTERM") {
          helper.kill("SIGTERM");
          equal((await helper.end()).code, 0);
        }
        await helper.finish();
      }
      console.log(
        `tried to leave the answers of ${MANY} requests unread, until ${end}: ` +
          "stopped by the socket's buffer; the helper waits without growing, and ends",
      );
    },
  );
}

test("a helper without a free descriptor answers, and makes nothing halfway", ({ client, helper, host, system, export: top, stopped }) => {
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  const former = system.limitDescriptors(helper.pid, 3n);
  for (let i = 0; i < 1000; i++) {
    refused(client.open("/file", O_RDONLY), "EMFILE");
    refused(client.create("/new", O_CREAT, 0o600, i % 3, i % 2), "EMFILE");
    ok(["EMFILE", "done"].includes(outcome(client.getversion("/file"))));
    done(client.lstat("/file"));
    refused(client.mkdir("/file", 0o700, 7, 7), "EEXIST");
  }
  deepEqual(host.names(top), ["file"]);
  system.limitDescriptors(helper.pid, former);
  host.close(done(client.open("/file", O_RDONLY)));
  stopped(
    "OPEN and CREATE while the helper has no descriptor left",
    "an errno (EMFILE); what needs none is served on",
  );
});

/** Directories in a path of half of the kernel's limit; and how often as many are put below each other. */
const LEVELS = 1000, TOWERS = 20;

const deepTest = attacksThatNeed(["root", "mount"], { inMemory: true });
deepTest(
  "a tree of twenty thousand levels leads no further than its parts",
  ({ client, host, export: top, isSecret, stopped }) => {
    const below = "/d".repeat(LEVELS);
    for (let tower = 1; tower <= TOWERS; tower++) {
      done(client.mkdir(`/${tower}`, 0o700, 0, 0));
      for (let level = 1; level <= LEVELS; level++) {
        done(client.mkdir(`/${tower}${"/d".repeat(level)}`, 0o700, 0, 0));
      }
      if (tower > 1) {
        done(client.rename(`/${tower - 1}`, `/${tower}${below}/e`));
      }
    }
    const foot = `/${TOWERS}${below}`;
    done(client.lstat(`${foot}/e`));
    refused(client.rename(`/${TOWERS}`, `${foot}/e/into-itself`), "EINVAL");
    ok(client.remove(`/${TOWERS}`).errno !== 0);
    const fd = done(client.open(foot, O_DIRECTORY));
    for (const steps of [LEVELS, LEVELS + 1, LEVELS + 2, 1300]) {
      const up = host.openAt(fd, "../".repeat(steps), O_DIRECTORY);
      equal(isSecret(host.fstat(up)), false);
      if (steps > LEVELS) {
        equal(host.fstat(up).ino, host.lstat(top).ino);
      }
      host.close(up);
    }
    host.close(fd);
    // Each target climbs as far as a target can, and goes on by the one before.
    const climb = `${"../".repeat(1200)}..`;
    for (let n = 0; n < 50; n++) {
      const target = n === 0 ? `${climb}/secrets` : `${climb}/l${n - 1}`;
      done(client.symlink(target, `/l${n}`, 0, 0));
    }
    for (let n = 0; n < 50; n++) {
      const said = outcome(client.lstat(`/l${n}/file`));
      equal(said, n < 40 ? "ENOENT" : "ELOOP");
    }
    const levels = TOWERS * LEVELS;
    stopped(
      `a tree of ${levels} levels, ".." × 1300 in it, and 50 symlinks of 3600 bytes on each other`,
      "the kernel (40 symlinks at most: ELOOP) and the private mount",
    );
  },
);
