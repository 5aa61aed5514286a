/** How tests find the processes that they have started. */
import { equal } from "node:assert/strict";
import { RunningProgram } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";

const test = testsThatNeed("root", "perl");

const EXECUTIONS = 200;
/** Starts itself in its own place so many times, then says so and waits. */
const AGAIN = `my ($count, $script) = @ARGV;
  exec $^X, "-e", $script, $count - 1, $script if $count;
  $| = 1; print "done\\n"; sleep;`;

test("A process that starts one program after the other is seen at every look", async () => {
  await using process = new RunningProgram(
    ["perl", "-e", AGAIN, String(EXECUTIONS), AGAIN],
  );
  let looks = 0, missed = 0, over = false;
  const said = process.says(/done\n/).finally(() => over = true);
  while (!over) {
    looks++;
    if (!process.mark.pids().includes(process.pid)) missed++;
    await new Promise((resolve) => setTimeout(resolve));
  }
  await said;
  equal(missed, 0, `not seen in ${missed} of ${looks} looks`);
});
