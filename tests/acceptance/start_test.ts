/** A start that can't come to anything, as whoever started the helper sees it. */
import { equal, notEqual } from "node:assert/strict";
import {
  helperPath,
  type Implementation,
  ORIGINAL,
} from "../support/helpers.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { difference } from "./differences.ts";
import { IMPLEMENTATIONS } from "./suite.ts";

function start(
  implementation: Implementation,
  args: readonly string[],
): { ending: string; said: string } {
  const { code, stderr } = new Deno.Command(
    implementation === "original" ? ORIGINAL : helperPath(),
    { args: ["-n", ...args], env: { DENO: Deno.execPath() }, stdin: "null" },
  ).outputSync();
  return { ending: `exit ${code}`, said: new TextDecoder().decode(stderr) };
}

for (const implementation of IMPLEMENTATIONS) {
  const ignore = lacking("root").length > 0 ||
    implementation === "original" && lacking("original").length > 0;

  Deno.test({
    name: `${implementation}: a start without a connection fails`,
    ignore,
    fn() {
      using directory = workspace();
      const name = "the end of a start without a connection";
      // 0 is /dev/null; the highest number that a descriptor may have is open nowhere.
      for (const fd of ["0", "1048575"]) {
        const { ending } = start(
          implementation,
          ["-p", directory.path, "-f", fd],
        );
        equal(ending, difference(name)[implementation]);
      }
    },
  });

  Deno.test({
    name: `${implementation}: a start on what is no directory fails`,
    ignore,
    fn() {
      using directory = workspace();
      const file = `${directory.path}/file`;
      Deno.writeTextFileSync(file, "");
      for (const path of [file, `${directory.path}/nothing`]) {
        const { ending, said } = start(implementation, ["-p", path, "-f", "0"]);
        equal(ending, "exit 1");
        notEqual(said, "");
      }
    },
  });
}
