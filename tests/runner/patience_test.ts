/** How tests give up a guest that hangs. */
import { equal, match, throws } from "node:assert/strict";
import { Patience } from "../support/patience.ts";
import { RunningProgram } from "../support/programs.ts";

Deno.test("What is silent for too long is killed, and its last lines are told", async () => {
  const lines = Array.from({ length: 100 }, (_, n) => `line ${n}`);
  let patience: Patience | undefined;
  await new Promise<void>((resolve) => {
    patience = new Patience(10, true, resolve);
    patience.check("nothing yet");
  });
  throws(
    () => patience!.check(`${lines.join("\n")}\n`),
    /^Error: It was given up: it has printed nothing for 0\.01 seconds, and last\nline 80\n(?:.*\n){18}line 99$/,
  );
});

Deno.test("A program that is silent for too long fails its test by what it has printed", async () => {
  await using program = new RunningProgram(
    ["sh", "-c", "echo by the guest; exec sleep 3600"],
    { silence: 3000 },
  );
  const failed = await program.end().then(() => undefined, String);
  match(failed!, /It was given up: it has printed nothing for 3 seconds/);
  equal((await program.status).signal, "SIGKILL");
});
