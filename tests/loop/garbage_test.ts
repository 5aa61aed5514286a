/** Serving makes no garbage: what is thrown away has to be collected, and requests wait meanwhile. */
import { equal, ok } from "node:assert/strict";
import { O_CREAT, O_RDWR } from "../../ffi/constants.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import type { RequestName } from "../../src/proxy/wire/protocol.ts";
import { type RunningHelper, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { switches } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "xattrs");

const encode = encodeRequest;

/** Each is asked as often: that most of a guest's are the first two is no matter here. */
const REQUESTS: readonly (readonly [RequestName, Uint8Array<ArrayBuffer>])[] = [
  ["LSTAT", encode("LSTAT", { path: "/directory/file" })],
  ["LSTAT", encode("LSTAT", { path: "/directory/nothing" })],
  ["GETVERSION", encode("GETVERSION", { path: "/directory/file" })],
  ["STATFS", encode("STATFS", { path: "/directory" })],
  ["OPEN", encode("OPEN", { path: "/directory/file", flags: 0 })],
  ["CHMOD", encode("CHMOD", { path: "/directory/file", mode: 0o644 })],
  [
    "CREATE",
    encode("CREATE", {
      path: "/made",
      flags: O_CREAT | O_RDWR,
      mode: 0o600,
      uid: 1000,
      gid: 1000,
    }),
  ],
  ["REMOVE", encode("REMOVE", { path: "/made" })],
  [
    "LGETXATTR",
    encode("LGETXATTR", { size: 64, path: "/directory", name: "user.none" }),
  ],
  ["LLISTXATTR", encode("LLISTXATTR", { size: 0, path: "/directory" })],
  ["CHOWN", encode("CHOWN", { path: "/directory/file", uid: 7, gid: 8 })],
  [
    "MKNOD",
    encode("MKNOD", {
      uid: 1000,
      gid: 1000,
      path: "/directory/file",
      mode: 0o600,
      rdev: 0n,
    }),
  ],
  ["READLINK", encode("READLINK", { path: "/link", size: 4096 })],
];

/** How often all are asked in a turn: were each to leave one small object behind, garbage had to be collected in every turn. */
const ROUNDS = 6_000;
/** Turns that tell something, and turns in all. */
const ENOUGH = 4, MOST = 12;
/**
 * Where a request comes two milliseconds late, the helper waits for it on
 * another thread, and turns its event loop meanwhile: that makes garbage, 2 KB
 * each time, of which a collection comes from 1.4 MB on. A turn in which it was
 * so more often than this tells nothing: the peer has had no processor.
 */
const WAITS = 500;

test("Requests make no garbage", async () => {
  using directory = workspace();
  Deno.mkdirSync(`${directory.path}/directory`);
  Deno.writeTextFileSync(`${directory.path}/directory/file`, "");
  using host = new Host();
  host.symlink("directory/file", `${directory.path}/link`);
  const begun = performance.now();
  await using helper = await startHelper({
    directory: directory.path,
    env: { DENO_V8_FLAGS: "--trace-gc" },
  });
  // Until all of it is compiled.
  ask(helper, ROUNDS / 2);
  const turns: { from: number; to: number }[] = [];
  for (let turn = 0; turn < MOST && turns.length < ENOUGH; turn++) {
    const look = () => ({
      time: performance.now() - begun,
      waits: switches(host, helper.pid, "others"),
    });
    // Lets this process read what the runtime tells: it waits for its reader.
    await new Promise((resolve) => setTimeout(resolve));
    const before = look();
    ask(helper, ROUNDS);
    const after = look();
    const [from, to] = [before.time, after.time];
    const waits = after.waits - before.waits;
    // More than one in a millisecond are not for want of requests.
    if (waits > WAITS && waits < to - from) continue;
    turns.push({ from, to });
  }
  const { output } = await helper.stop();
  // Of the young generation, which is where garbage is made; the runtime collects the rest by the clock.
  const collections = [...output.matchAll(/ (\d+) ms: Scavenge/g)]
    .map(([, ms]) => Number(ms));
  ok(collections.length > 0, "the runtime tells of no collection at all");
  if (turns.length === 0) {
    console.log("The machine is too busy to tell garbage of requests");
    return;
  }
  const counts = turns.map(({ from, to }) =>
    collections.filter((ms) => ms > from && ms < to).length
  );
  equal(Math.min(...counts), 0, `${counts} collections:\n${output}`);
});

function ask({ client, connection }: RunningHelper, rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    for (const [name, bytes] of REQUESTS) {
      const { value } = client.raw(name, bytes);
      if (typeof value === "number" && value > 2) {
        connection.closeDescriptor(value);
      }
    }
  }
}
