/**
 * A fault in any module of the program, met in the jail: the guest gets EIO,
 * the log a line, and the next request its answer. The runtime looks for
 * nothing in the export, where each name that it might look for is a FIFO.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { startServing } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { done, refused } from "../support/said.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { type Form, makeThrowing, WAYS } from "../support/throwing_program.ts";
import { files, NEEDS, setTraps } from "../support/traps.ts";
import { workspace } from "../support/workspace.ts";

for (const form of ["sources", "bundle", "binary"] as const) {
  const test = testsThatNeed("root", NEEDS[form]);
  for (const seccomp of ["kill", "none"]) {
    test(`What any module throws is EIO and a line in the log (${form}, --seccomp ${seccomp})`, () =>
      play(form, seccomp));
  }
}

async function play(form: Form, seccomp: string): Promise<void> {
  using directory = workspace();
  using host = new Host();
  const { command, modules } = await makeThrowing(directory.path, form);
  ok(modules.length > 60, `${modules.length} modules`);
  const top = `${directory.path}/export`;
  await setTraps(host, top, directory.path, modules);
  const before = files(top);
  await using helper = await startServing({
    directory: top,
    program: [command],
    // Whoever opens a FIFO waits for ever, and so would this test.
    wrapper: ["timeout", "--signal=KILL", "300"],
    args: [`--seccomp=${seccomp}`],
  });
  const { client, connection } = helper;
  let expected = 0;
  const ask = (path: string) => {
    refused(client.lstat(path), "EIO", path);
    done(client.lstat("/"), path);
    expected++;
  };
  for (const number of modules.keys()) ask(`/throw.${number}.error!`);
  for (const way of Object.keys(WAYS)) ask(`/throw.0.${way}!`);
  // These two are answered by a word, and QEMU must have one.
  for (
    const [request, answer] of Object.entries({
      OPEN: () => client.open("/throw.0.error!", 0),
      CREATE: () => client.create("/throw.0.error!", 0o101, 0o644, 1000, 1000),
    })
  ) {
    refused(answer(), "EIO", request);
    expected++;
  }
  refused(client.mkdir("/throw.0.error!", 0o755, 1000, 1000), "EIO");
  expected++;
  connection.finish();
  const { code, output } = await helper.end();
  equal(code, 0, output);
  const lines = output.split("\n").filter((line) =>
    line.includes("Cannot carry out a request of type")
  );
  equal(lines.length, expected, output);
  deepEqual(files(top), before);
}
