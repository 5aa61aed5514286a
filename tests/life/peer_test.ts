/** QEMU is killed: between two requests, or in the middle of one. */
import { equal, match } from "node:assert/strict";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { startHelper, startServing } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { RunningProgram } from "../support/programs.ts";
import { halfRequest } from "../support/peers.ts";
import { until } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exists } from "../support/workspace.ts";

const test = testsThatNeed("root", "perl");
const rootTest = testsThatNeed("root");

/** Kills a peer that has sent all but `missing` bytes of a request. */
async function killedPeer(socket: string, missing: number): Promise<void> {
  await using peer = new RunningProgram(halfRequest(socket, missing));
  await peer.says(/sent\n/);
  peer.kill("SIGKILL");
  await peer.end();
}

/** A LSTAT of the root has 12 bytes. */
for (const missing of [11, 4, 1]) {
  const sent = 12 - missing;
  test(`A peer that is killed ${sent} bytes into a request is a good end, and logged`, async () => {
    await using helper = await startHelper({ socket: true });
    await killedPeer(helper.socket, missing);
    const output = await helper.endWell();
    match(
      output,
      /warning: The peer closed the connection in the middle of a request\n/,
    );
    equal(exists(helper.socket), false);
  });
}

test("A peer that is killed before it has read its answer is a good end", async () => {
  await using helper = await startHelper({ socket: true });
  await killedPeer(helper.socket, 0);
  const output = await helper.endWell();
  equal(/warning|error/.test(output), false, output);
});

rootTest(
  "A peer that goes after it has sent an OPEN leaves no descriptor behind",
  async () => {
    await using helper = await startServing({ socket: true });
    Deno.writeTextFileSync(`${helper.directory}/file`, "");
    const { client } = helper;
    helper.kill("SIGSTOP");
    client.connection.send(encodeRequest("OPEN", { path: "/file", flags: 0 }));
    client.close();
    helper.kill("SIGCONT");
    const { code, signal } = await helper.end();
    equal(signal, null);
    equal(code, 0);
  },
);

rootTest(
  "A helper whose peer is frozen uses no CPU, and goes on when it thaws",
  async () => {
    await using helper = await startServing();
    const request = encodeRequest("LSTAT", { path: "/" });
    const count = 3000;
    // In one go, as small ones fill a socket soon.
    const requests = new Uint8Array(count * request.length);
    for (let i = 0; i < count; i++) requests.set(request, i * request.length);
    helper.connection.send(requests);
    // Blocked in its answer, then in poll(2): its CPU time stands still.
    let before = -1;
    await until("that it sleeps", async () => {
      const now = cpuTicks(helper.pid);
      const same = now === before;
      before = now;
      if (!same) await new Promise((resolve) => setTimeout(resolve, 100));
      return same;
    });
    for (let i = 0; i < count; i++) {
      equal(helper.connection.receiveFrame().payload.length, 116);
    }
    equal(helper.client.lstat("/").errno, 0);
    await helper.finish();
  },
);

/** User and system time of a process, in clock ticks. */
function cpuTicks(pid: number): number {
  using host = new Host();
  const text = host.readFile(`/proc/${pid}/stat`);
  const fields = text.slice(text.indexOf(") ") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
