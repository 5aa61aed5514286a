/** A terminal, which hangs up or sends Ctrl-C: by script(1). */
import { equal } from "node:assert/strict";
import { startHelper, startServing } from "../support/helpers.ts";
import { onTerminal } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exists } from "../support/workspace.ts";

const test = testsThatNeed("root", "script");

test("The terminal hangs up: a helper in its foreground ends", async () => {
  await using helper = await startServing({ wrapper: onTerminal });
  // The process that was started is the terminal.
  helper.kill("SIGKILL");
  equal(helper.connection.receiveSome(1).length, 0);
  await helper.mark.gone();
});

test("The terminal hangs up while it waits on a named socket: the name goes", async () => {
  await using helper = await startHelper({ socket: true, wrapper: onTerminal });
  helper.kill("SIGKILL");
  await helper.mark.gone();
  equal(exists(helper.socket), false);
});

test("A helper in a session of its own, by setsid(1), serves on when the terminal hangs up", async () => {
  await using helper = await startServing({
    wrapper: (command) => onTerminal(["setsid", "--wait", ...command]),
  });
  const { client } = helper;
  helper.kill("SIGKILL");
  equal(client.lstat("/").errno, 0);
  equal(client.mkdir("/made", 0o700, 0, 0).errno, 0);
  client.close();
  await helper.mark.gone();
});
