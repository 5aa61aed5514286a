/** Errors inside the jail end the program as errors do, not as a panic of the runtime. */
import { doesNotMatch, equal, match } from "node:assert/strict";
import { denoCommand } from "../support/helpers.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const FIXTURE =
  new URL("../fixtures/throw_in_jail.ts", import.meta.url).pathname;

for (
  const [how, message] of [["throw", "thrown"], [
    "rejection",
    "rejected",
  ]] as const
) {
  Deno.test({
    name: `An error ${message} in the jail does not panic the runtime`,
    ignore: lacking("root").length > 0,
    async fn() {
      using directory = workspace();
      const [deno = "", ...args] = denoCommand([], FIXTURE);
      const { code, stdout, stderr } = await new Deno.Command(deno, {
        args: [...args, directory.path, how],
      }).output();
      const text = new TextDecoder().decode(stderr);
      equal(new TextDecoder().decode(stdout), "true\n");
      equal(code, 1, text);
      match(text, new RegExp(`${message} in the jail`));
      doesNotMatch(text, /panic/);
    },
  });
}
