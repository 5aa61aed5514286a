/** SIGUSR2 ends nothing, whenever it comes. */
import { ok } from "node:assert/strict";
import { startHelper } from "../support/helpers.ts";
import { Mark } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done } from "../support/said.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

/** Who starts the launcher: the signal can't be ignored before that has run a line of its own. */
const IGNORING = ["sh", "-c", 'trap "" USR2; exec "$@"', "sh"];

for (const background of [false, true]) {
  const where = background ? "background" : "foreground";
  test(`SIGUSR2 at any moment of a start in the ${where} does not end the helper`, async () => {
    using place = exportWorkspace();
    // It goes with the helper.
    const mark = new Mark();
    let starting = true, sent = 0;
    const signals = (async () => {
      while (starting) {
        for (const pid of mark.pids()) {
          try {
            Deno.kill(pid, "SIGUSR2");
            sent++;
          } catch {
            // It has ended, as the process does that has started the one in the background.
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    try {
      await using helper = await startHelper({
        place,
        mark,
        background,
        socket: true,
        wrapper: IGNORING,
      });
      done(helper.client.lstat("/"));
      starting = false;
      await signals;
      ok(sent > 0);
      done(helper.client.lstat("/"));
      await helper.finish();
    } finally {
      starting = false;
      await signals;
    }
  });
}
