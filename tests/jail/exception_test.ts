/** Errors inside the jail end the program as errors do, not as a panic of the runtime. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { runJailed } from "../support/jailed.ts";
import { lacking } from "../support/requirements.ts";

for (
  const [how, message] of [["throw", "thrown"], [
    "rejection",
    "rejected",
  ]] as const
) {
  Deno.test({
    name: `An error ${message} in the jail is logged, and ends the program`,
    ignore: lacking("root").length > 0,
    async fn() {
      const { code, lines, errors } = await runJailed("throw_in_jail.ts", [
        how,
      ]);
      deepEqual(lines, [
        "TypeError: Cannot read properties of undefined (reading 'call')",
      ]);
      equal(code, 1, errors);
      match(
        errors,
        new RegExp(`error: Cannot go on: .*${message} in the jail`),
      );
      doesNotMatch(errors, /panic/);
    },
  });
}
