/** sd_notify(3): READY, to a real datagram socket, which is closed then. */
import { deepEqual, equal, match } from "node:assert/strict";
import { Mailbox } from "../support/datagrams.ts";
import { failedStart, startHelper } from "../support/helpers.ts";
import { descriptors } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { type ExportWorkspace, exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

const ADDRESSES: readonly [string, (place: ExportWorkspace) => string][] = [
  ["a path", ({ path }) => `${path}/notify`],
  ["an abstract name", ({ path }) => `@${path}`],
  // sun_path is filled to its end.
  ["the longest abstract name", ({ path }) => `@${path.padEnd(107, "x")}`],
];

for (const [what, address] of ADDRESSES) {
  test(`READY is sent to ${what}`, async () => {
    using place = exportWorkspace();
    using manager = new Mailbox(address(place));
    await using helper = await startHelper({
      place,
      env: { NOTIFY_SOCKET: address(place) },
    });
    equal(manager.receiveText(), "READY=1\n");
    equal(helper.client.lstat("/").errno, 0);
    deepEqual(manager.drain(), []);
    await helper.finish();
    deepEqual(manager.drain(), []);
  });
}

for (const background of [true, false]) {
  const where = background ? "In the background" : "In the foreground";
  // systemd takes MAINPID= from it for any process, and kills that at the end.
  test(`${where} code that runs in the helper has no socket to the manager`, async () => {
    using place = exportWorkspace();
    const address = `${place.path}/notify`;
    using _ = new Mailbox(address);
    const sockets: number[] = [];
    for (const env of [{ NOTIFY_SOCKET: address }, {}]) {
      await using helper = await startHelper({ background, env });
      equal(helper.client.lstat("/").errno, 0);
      const kinds = [...(await descriptors(helper.pid)).values()];
      sockets.push(kinds.filter((kind) => kind.startsWith("socket:")).length);
    }
    equal(sockets[0], sockets[1]);
  });
}

test("READY means that the named socket can be connected to", async () => {
  using place = exportWorkspace();
  const address = `${place.path}/notify`;
  using manager = new Mailbox(address);
  await using helper = await startHelper({
    place,
    socket: true,
    env: { NOTIFY_SOCKET: address },
  });
  equal(manager.receiveText(), "READY=1\n");
  const { client } = helper;
  equal(client.lstat("/").errno, 0);
  helper.kill("SIGTERM");
  await helper.endWell();
  deepEqual(manager.drain(), []);
});

test("In the background the one who serves says so, once", async () => {
  using place = exportWorkspace();
  const address = `${place.path}/notify`;
  using manager = new Mailbox(address);
  await using daemon = await startHelper({
    place,
    background: true,
    env: { NOTIFY_SOCKET: address },
  });
  equal(manager.receiveText(), "READY=1\n");
  await daemon.stop();
  deepEqual(manager.drain(), []);
});

test("A start that fails says nothing", async () => {
  using place = exportWorkspace();
  const address = `${place.path}/notify`;
  using manager = new Mailbox(address);
  for (const mode of [["-n"], []]) {
    await failedStart({
      args: [...mode, "-p", place.export, "-f", "99"],
      env: { NOTIFY_SOCKET: address },
    });
  }
  deepEqual(manager.drain(), []);
});

test("A manager that does not read does not hold the helper up", async () => {
  using place = exportWorkspace();
  const address = `${place.path}/notify`;
  using manager = new Mailbox(address);
  equal(manager.fill() > 0, true);
  await using helper = await startHelper({
    place,
    env: { NOTIFY_SOCKET: address },
  });
  equal(helper.client.lstat("/").errno, 0);
  await helper.finish();
});

for (
  const [what, address] of [
    ["nobody", "/nowhere/at/all"],
    ["a name that is too long", `@${"x".repeat(200)}`],
    ["a machine, by vsock", "vsock:2:1234"],
  ] as const
) {
  test(`A NOTIFY_SOCKET of ${what} is a warning, and the helper serves`, async () => {
    await using helper = await startHelper({ env: { NOTIFY_SOCKET: address } });
    equal(helper.client.lstat("/").errno, 0);
    const output = await helper.finish();
    match(output, /^virtfs-proxy-helper: warning: Cannot tell the service man/);
  });
}
