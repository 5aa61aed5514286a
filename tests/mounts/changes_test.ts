/** What the host changes of a directory while it is served, and what the guest sees of it. */
import { deepEqual, equal } from "node:assert/strict";
import { O_CREAT, O_WRONLY } from "../../ffi/constants.ts";
import {
  type RunningHelper,
  startHelper,
  startServing,
} from "../support/helpers.ts";
import { shell } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done, outcome, refused } from "../support/said.ts";
import { System } from "../support/system.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "mount");

interface Harness {
  readonly client: RunningHelper["client"];
  readonly helper: RunningHelper;
  readonly path: string;
  /** What comes of making a directory. */
  readonly make: (name: string) => string;
}

/** Plays on a tmpfs mounted with `options`. */
async function withHelper(
  options: string,
  run: (harness: Harness) => Promise<void>,
): Promise<void> {
  using place = exportWorkspace();
  using system = new System();
  system.mountTmpfs(place.export, "size=1m,mode=755");
  if (options !== "") await remount(place.export, options);
  await using helper = await startServing({ place });
  const { client } = helper;
  await run({
    client,
    helper,
    path: place.export,
    make: (name) => outcome(client.mkdir(name, 0o700, 0, 0)),
  });
  await helper.finish();
}

const remount = (path: string, options: string) =>
  shell('mount -o "remount,$2" "$1"', path, options);

test("A mount of the host that becomes read-only leaves the guest its own", async () => {
  await withHelper("", async ({ path, make }) => {
    await remount(path, "bind,ro");
    equal(make("/a"), "done");
    await remount(path, "bind,rw");
  });
});

test("A file system that becomes read-only is read-only for the guest", async () => {
  await withHelper("", async ({ path, make, client, helper }) => {
    const open = client.create("/open", O_CREAT | O_WRONLY, 0o600, 0, 0);
    // As long as QEMU has a file of it open to be written, it can't.
    deepEqual(
      await remount(path, "ro").then(() => "ok", () => "refused"),
      "refused",
    );
    helper.connection.closeDescriptor(open.value!);
    await remount(path, "ro");
    equal(make("/a"), "EROFS");
    await remount(path, "rw");
    equal(make("/a"), "done");
  });
});

test("What was mounted read-only at the start stays so for the guest", async () => {
  await withHelper("bind,ro", async ({ path, make }) => {
    equal(make("/a"), "EROFS");
    await remount(path, "bind,rw");
    equal(make("/a"), "EROFS");
  });
});

test("An export that is renamed is served on; in one that is removed nothing can be made", async () => {
  using place = exportWorkspace();
  await using helper = await startHelper({ place });
  const { client } = helper;
  done(client.mkdir("/a", 0o700, 0, 0));
  Deno.renameSync(place.export, `${place.path}/renamed`);
  Deno.mkdirSync(place.export);
  done(client.mkdir("/b", 0o700, 0, 0));
  equal([...Deno.readDirSync(`${place.path}/renamed`)].length, 2);
  Deno.removeSync(`${place.path}/renamed`, { recursive: true });
  done(client.lstat("/"));
  refused(client.lstat("/a"), "ENOENT");
  refused(client.mkdir("/c", 0o700, 0, 0), "ENOENT");
  await helper.finish();
});
