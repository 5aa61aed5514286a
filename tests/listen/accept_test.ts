/** The named socket: who may connect, how often, and what becomes of the name. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { Client } from "../../src/proxy/client/client.ts";
import { ConnectionError } from "../../src/proxy/client/connection.ts";
import { connectTo } from "../support/connections.ts";
import { runHelper, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { connectAs } from "../support/peers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exists, exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "perl", "setpriv");
const straceTest = testsThatNeed("root", "strace");
const OWNER = [1234, 4321] as const;

test("Its owner is served, and the helper ends when it has gone", async () => {
  await using helper = await startHelper({ socket: true, owner: OWNER });
  equal(await connectAs(1234, 9, helper.socket), "served");
  const output = await helper.endWell();
  match(output, /info: Process \d+ of user 1234 has connected\n/);
  equal(exists(helper.socket), false);
});

test("Root is served, whoever owns the socket", async () => {
  await using helper = await startHelper({ socket: true, owner: OWNER });
  equal(await connectAs(0, 0, helper.socket), "served");
  await helper.endWell();
});

test("Others of the owner's group are turned away, and the next who may is served", async () => {
  await using helper = await startHelper({ socket: true, owner: OWNER });
  for (const uid of [1235, 65534, 1]) {
    equal(await connectAs(uid, 4321, helper.socket), "turned away");
  }
  equal(exists(helper.socket), true);
  equal(await connectAs(1234, 4321, helper.socket), "served");
  const output = await helper.endWell();
  match(
    output,
    /warning: Turned away process \d+: it runs as user 1235, not 1234\n/,
  );
  equal(output.match(/Turned away/g)?.length, 3);
});

test("Others can't connect at all", async () => {
  await using helper = await startHelper({ socket: true, owner: OWNER });
  equal(await connectAs(1235, 1235, helper.socket), "no access");
  const output = await helper.endWell("SIGTERM");
  equal(/Turned away/.test(output), false);
});

test("While one is served there is neither a name nor a listener for another one", async () => {
  using place = exportWorkspace();
  using host = new Host();
  await using helper = await startHelper({ place, socket: true, owner: OWNER });
  // A second name of the same socket, by which it can still be found.
  host.link(place.socket, `${place.path}/second`);
  const { client } = helper;
  equal(client.lstat("/").errno, 0);
  equal(exists(place.socket), false);
  throws(() => connectTo(`${place.path}/second`), {
    name: "ConnectionError",
    message: /ECONNREFUSED$/,
  });
  equal(client.lstat("/").errno, 0);
  await helper.finish();
});

test("Of two who connect at the same time one is served", async () => {
  await using helper = await startHelper({ socket: true, owner: OWNER });
  helper.kill("SIGSTOP");
  using first = new Client(connectTo(helper.socket));
  using second = new Client(connectTo(helper.socket));
  helper.kill("SIGCONT");
  equal(first.lstat("/").errno, 0);
  throws(() => second.lstat("/"), ConnectionError);
  equal(first.lstat("/").errno, 0);
  first.close();
  await helper.endWell();
});

test("Who has gone before he was accepted is no reason to end badly", async () => {
  await using helper = await startHelper({ socket: true, owner: OWNER });
  helper.kill("SIGSTOP");
  connectTo(helper.socket).close();
  await helper.endWell("SIGCONT");
  equal(exists(helper.socket), false);
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  test(`${signal} while it waits removes the name, with status 0`, async () => {
    await using helper = await startHelper({ socket: true, owner: OWNER });
    await helper.endWell(signal);
    equal(exists(helper.socket), false);
  });
}

test("A name that somebody else has taken meanwhile stays", async () => {
  await using helper = await startHelper({ socket: true, owner: OWNER });
  Deno.removeSync(helper.socket);
  Deno.writeTextFileSync(helper.socket, "somebody else's");
  await helper.endWell("SIGTERM");
  equal(Deno.readTextFileSync(helper.socket), "somebody else's");
});

test("A name that QEMU has removed already is no reason to complain", async () => {
  await using helper = await startHelper({ socket: true, owner: OWNER });
  const { client } = helper;
  helper.kill("SIGSTOP");
  if (exists(helper.socket)) Deno.removeSync(helper.socket);
  helper.kill("SIGCONT");
  equal(client.lstat("/").errno, 0);
  const output = await helper.finish();
  equal(/warning|error/.test(output), false, output);
});

test("The name goes from a directory that has been moved", async () => {
  using place = exportWorkspace();
  Deno.mkdirSync(`${place.path}/old`);
  await using helper = await startHelper({
    place,
    socket: `${place.path}/old/sock`,
    owner: OWNER,
  });
  Deno.renameSync(`${place.path}/old`, `${place.path}/new`);
  await helper.endWell("SIGTERM");
  deepEqual([...Deno.readDirSync(`${place.path}/new`)], []);
});

for (const call of ["chroot", "listen"]) {
  straceTest(
    `Where ${call} fails the name is removed, and the status is 1`,
    async () => {
      using place = exportWorkspace();
      const { code, stderr } = await runHelper({
        args: ["-n", "-p", place.export, "-s", place.socket, "-u1", "-g1"],
        wrapper: ["strace", "-f", "-o", "/dev/null"].concat(
          ["-e", `inject=${call}:error=EPERM`],
        ),
      });
      equal(code, 1);
      match(
        stderr,
        new RegExp(`error: .*${call}: operation not permitted \\[EPERM\\]\n`),
      );
      equal(exists(place.socket), false);
    },
  );
}

test("In the background, too, the name is there at once and gone afterwards", async () => {
  await using daemon = await startHelper({
    socket: true,
    owner: OWNER,
    background: true,
  });
  equal(await connectAs(1235, 4321, daemon.socket), "turned away");
  equal(await connectAs(1234, 1, daemon.socket), "served");
  await daemon.mark.gone();
  equal(exists(daemon.socket), false);
});

test("In the background SIGTERM while it waits removes the name", async () => {
  await using daemon = await startHelper({ socket: true, background: true });
  await daemon.endWell("SIGTERM");
  equal(exists(daemon.socket), false);
});
