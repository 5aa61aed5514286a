/** setfsuid(2) and setfsgid(2) that change nothing, which they tell nobody. */
import { deepEqual, equal, match } from "node:assert/strict";
import { O_CREAT, O_WRONLY, S_IFIFO } from "../../ffi/constants.ts";
import { type RunningHelper, startServing } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { tamper, UNFILTERED } from "../support/tamper.ts";

const test = testsThatNeed("root", "strace");

/** What is made for a user, set-id bits and all. */
const MAKERS: Readonly<
  Record<
    string,
    (client: RunningHelper["client"]) => { readonly errno: number }
  >
> = {
  CREATE: (client) =>
    client.create("/new", O_CREAT | O_WRONLY, 0o6755, 1000, 1000),
  MKNOD: (client) => client.mknod("/new", S_IFIFO | 0o6755, 0n, 1000, 1000),
  MKDIR: (client) => client.mkdir("/new", 0o6755, 1000, 1000),
  SYMLINK: (client) => client.symlink("target", "/new", 1000, 1000),
};

for (const call of ["setfsuid", "setfsgid"]) {
  test(`Where ${call} silently does nothing, nothing is made as root`, async () => {
    await using helper = await startServing({ args: UNFILTERED });
    const { client } = helper;
    {
      await using _ = await tamper(helper, call, "retval=0");
      for (const [name, make] of Object.entries(MAKERS)) {
        refused(make(client), "EINVAL", name);
        deepEqual([...Deno.readDirSync(helper.directory)], [], name);
      }
    }
    // It was never anybody else, and serves on.
    done(client.mkdir("/new", 0o755, 1000, 1001));
    const { uid, gid } = Deno.statSync(`${helper.directory}/new`);
    deepEqual([uid, gid], [1000, 1001]);
    await helper.finish();
  });

  test(`Where ${call} silently does not lead back, the helper answers and ends`, async () => {
    await using helper = await startServing({ args: UNFILTERED });
    // The first and the second call are the way there, and its proof.
    await using _ = await tamper(helper, call, "retval=1000:when=3+");
    refused(helper.client.mkdir("/new", 0o755, 1000, 1000), "EIO");
    const { code, output } = await helper.stop();
    equal(code, 1);
    match(output, /error: .*identity/);
  });
}
