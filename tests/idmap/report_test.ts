/** `--print-sandbox` says who the guest's users are. */
import { match } from "node:assert/strict";
import { MAPPED, testsOfMappedIds } from "../support/mapped.ts";
import { done } from "../support/said.ts";

const test = testsOfMappedIds();

for (
  const [args, line] of [
    [
      MAPPED,
      "ok    ids            the guest has users 0-65535=100000-165535, groups 0-65535=100000-165535 of the host; others are refused",
    ],
    [
      ["--map-root=games"],
      "ok    ids            the guest has users 0=5, groups 0=60 of the host; others are refused",
    ],
    [[], "ok    ids            the guest's are the host's"],
  ] as const
) {
  test(`The report has the ids of ${args.join(" ") || "no map"}`, async ({ start }) => {
    const helper = await start([...args, "--print-sandbox"]);
    // A request is answered only once the report is out.
    done(helper.client.lstat("/"));
    match(await helper.finish(), new RegExp(`^${line}$`, "m"));
  });
}
