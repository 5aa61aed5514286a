/** How much memory the helper keeps. */
import { equal, ok } from "node:assert/strict";
import { startServing } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { testsThatNeed } from "../support/requirements.ts";

const test = testsThatNeed("root");

test("The code that only the start needed is unloaded, and the rest works", async () => {
  using host = new Host();
  await using helper = await startServing();
  const { client, pid } = helper;
  const sizes = () => {
    const status = host.readFile(`/proc/${pid}/status`);
    const size = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
    // What is resident, and what was at most.
    return [size("VmRSS"), size("VmHWM")] as const;
  };
  // The kernel counts pages for each thread or processor, and adds them up later.
  const seen = [sizes()];
  for (let i = 0; i < 20 && !isUnloaded(seen.at(-1)!); i++) {
    equal(client.lstat("/").errno, 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    seen.push(sizes());
  }
  ok(isUnloaded(seen.at(-1)!), `${seen.join("; ")} kB`);
  for (let i = 0; i < 2000; i++) {
    equal(client.mkdir(`/${i}`, 0o700, 1000, 1000).errno, 0);
    equal(client.lstat(`/${i}`).value?.uid, 1000);
  }
  await helper.finish();
});

function isUnloaded([now, most]: readonly [number, number]): boolean {
  return now < 0.8 * most;
}
