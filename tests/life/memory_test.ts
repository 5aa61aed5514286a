/** How much memory the helper keeps. */
import { equal, ok } from "node:assert/strict";
import { startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

Deno.test({
  name: "The code that only the start needed is unloaded, and the rest works",
  ignore: lacking("root").length > 0,
  async fn() {
    using directory = workspace();
    using host = new Host();
    await using helper = startHelper({ directory: directory.path });
    const { client, pid } = helper;
    equal(client.lstat("/").errno, 0);
    const status = host.readFile(`/proc/${pid}/status`);
    const size = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
    // What is resident, and what was at most.
    ok(size("VmRSS") < 0.8 * size("VmHWM"), status);
    for (let i = 0; i < 2000; i++) {
      equal(client.mkdir(`/${i}`, 0o700, 1000, 1000).errno, 0);
      equal(client.lstat(`/${i}`).value?.uid, 1000);
    }
    const { code, output } = await helper.stop();
    equal(code, 0, output);
  },
});
