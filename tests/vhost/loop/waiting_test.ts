/** How the helper waits: at rest where nothing is asked. */
import { equal } from "node:assert/strict";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { switches } from "../../support/processes.ts";
import { forEachServer } from "../support/each_server.ts";

forEachServer("who is asked nothing does nothing", async (trial) => {
  const { host, running: { pid } } = trial;
  for (let i = 0; i < 1000; i++) trial.must(getattr(ROOT));
  // It settles within milliseconds, once it gets a processor; a second that begins in rest has to end so.
  const counts: number[] = [];
  for (let i = 0; i < 60; i++) {
    counts.push(switches(host, pid));
    if (counts.at(-1) === counts.at(-2)) break;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  equal(counts.at(-1), counts.at(-2), String(counts));
  trial.must(getattr(ROOT));
}, { servers: ["ours"] });
