/** A start that can't come to anything, as whoever started the helper sees it. */
import { equal, notEqual } from "node:assert/strict";
import { runHelper } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { difference } from "./differences.ts";
import { IMPLEMENTATIONS, needsOf } from "./suite.ts";

for (const implementation of IMPLEMENTATIONS) {
  const test = testsThatNeed(...needsOf(implementation));
  const start = (path: string, fd: string) =>
    runHelper({ implementation, args: ["-n", "-p", path, "-f", fd] });

  test(`${implementation}: a start without a connection fails`, async () => {
    using directory = workspace();
    const name = "the end of a start without a connection";
    // 0 is /dev/null; the highest number that a descriptor may have is open nowhere.
    for (const fd of ["0", "1048575"]) {
      const { code } = await start(directory.path, fd);
      equal(`exit ${code}`, difference(name)[implementation]);
    }
  });

  test(`${implementation}: a start on what is no directory fails`, async () => {
    using directory = workspace();
    const file = `${directory.path}/file`;
    Deno.writeTextFileSync(file, "");
    for (const path of [file, `${directory.path}/nothing`]) {
      const { code, stderr } = await start(path, "0");
      equal(code, 1);
      notEqual(stderr, "");
    }
  });
}
