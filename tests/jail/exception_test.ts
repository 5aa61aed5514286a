/** Errors inside the jail that nobody catches are logged, and end nothing: neither as errors do nor in a panic of the runtime. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { runJailed } from "../support/jailed.ts";
import { testsThatNeed } from "../support/requirements.ts";

const test = testsThatNeed("root");

const MESSAGES = { throw: "thrown", rejection: "rejected" };
for (const [how, message] of Object.entries(MESSAGES)) {
  test(`An error ${message} in the jail is logged, and ends nothing`, async () => {
    const { code, lines, errors } = await runJailed("throw_in_jail.ts", [how]);
    deepEqual(lines, [
      "TypeError: Cannot read properties of undefined (reading 'call')",
      "went on",
    ]);
    equal(code, 0, errors);
    match(
      errors,
      new RegExp(`error: Cannot explain an error: .*${message} in the jail`),
    );
    doesNotMatch(errors, /panic/);
  });
}
