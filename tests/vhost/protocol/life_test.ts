/** Connections: which there are, how they end, and what comes after them. */
import { equal, match } from "node:assert/strict";
import * as m from "../../../src/vhost_user_fs/client/messages.ts";
import { FrontEnd } from "../../../src/vhost_user_fs/client/front_end.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import { makeFiles, nodeOf } from "../support/share_files.ts";
import { served } from "../support/back_end_state.ts";
import { forEachServer } from "../support/each_server.ts";

forEachServer("the program ends with its connection", async (trial) => {
  equal(served(trial), "done");
  const { ending, output } = await trial.running.stop();
  equal(ending, "exit 0", output);
});

forEachServer("a connection that says nothing ends well", async (trial) => {
  const { ending, output } = await trial.running.stop();
  equal(ending, "exit 0", output);
}, { init: false });

forEachServer(
  "a connection that ends before the rings start ends well",
  async (trial) => {
    trial.frontEnd.negotiate();
    trial.frontEnd.shareMemory();
    const { ending, output } = await trial.running.stop();
    equal(ending, "exit 0", output);
  },
  { init: false },
);

forEachServer(
  "who forgets to share the guest's memory is told",
  async (trial) => {
    trial.frontEnd.negotiate();
    trial.frontEnd.connection.send(
      m.SET_VRING_ADDR,
      m.vringAddress(1, 0x1000_0000, 0x1001_0000, 0x1002_0000),
    );
    const { output } = await trial.running.stop();
    match(output, /SET_VRING_ADDR .*bad address .*share=on/);
  },
  { init: false, servers: ["ours"] },
);

forEachServer(
  "a connection that ends with requests in flight ends well",
  async (trial) => {
    const { session, frontEnd } = trial;
    for (let count = 0; count < 5; count++) session.send(getattr(ROOT));
    session.kick(frontEnd.rings[1]!);
    const { ending, output } = await trial.running.stop();
    equal(ending, "exit 0", output);
  },
);

forEachServer("a socket that is connected already", (trial) => {
  equal(served(trial), "done");
}, { connected: true, servers: ["ours"] });

forEachServer("--reconnect serves the next connection afresh", (trial) => {
  const { running: { system, socket } } = trial;
  let stale = nodeOf(trial, "file");
  trial.frontEnd.close();
  for (let count = 0; count < 3; count++) {
    using frontEnd = new FrontEnd(system, system.connect(socket));
    frontEnd.start();
    const session = new FuseSession(frontEnd);
    session.must(init());
    equal(session.ask(getattr(stale)).errno !== 0, true);
    const again = { ...trial, session, must: session.must.bind(session) };
    stale = nodeOf(again, "file");
    equal(served(again), "done");
  }
  trial.running.kill("SIGTERM");
}, {
  prepare: makeFiles,
  args: ["--reconnect"],
  servers: ["ours"],
  ending: undefined,
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  forEachServer(`${signal} ends the program at once`, async (trial) => {
    equal(served(trial), "done");
    trial.running.kill(signal);
    equal(trial.frontEnd.connection.ended(), true);
    const { ending } = await trial.running.stop();
    trial.observe(`the end by ${signal}`, ending, "exit 0");
  }, { ending: undefined });
}
