/** Facts about a process that changes while it is looked at. */
import { equal, ok } from "node:assert/strict";
import { openLibc } from "../../ffi/libc.ts";
import { readFacts } from "../../scripts/compare/facts.ts";
import { endChild, startChild } from "../../scripts/program/children.ts";
import { SHARED_FAST, SHARED_SELDOM } from "../../src/symbols.ts";
import { testsThatNeed } from "../support/requirements.ts";

const test = testsThatNeed("root", "setpriv");

test("a descriptor that is closed while the list is read is left out", async () => {
  const libc = openLibc(SHARED_FAST, SHARED_SELDOM);
  const child = startChild("setpriv", {
    args: [
      ...["--pdeathsig", "KILL", "sh", "-c"],
      "while :; do exec 8</dev/null; exec 8<&-; done",
    ],
    stdin: "null",
  });
  try {
    const seen = new Set<boolean>();
    // The list names 8 in about every second round, and it is often closed by then.
    for (let i = 0; i < 500 || seen.size < 2; i++) {
      const { descriptors, threads } = readFacts(libc, child.pid);
      equal(threads.length, 1);
      ok(descriptors.has(0));
      seen.add(descriptors.has(8));
    }
  } finally {
    await endChild(child);
    libc.close();
  }
});
