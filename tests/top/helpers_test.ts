/** virtfs-top shows what both programs write: while they serve, and when they have ended. */
import { equal, match } from "node:assert/strict";
import { ENOENT } from "../../ffi/errno.ts";
import { ROOT as EXPORT } from "../../src/vhost_user_fs/client/request.ts";
import { lookup } from "../../src/vhost_user_fs/client/requests/names.ts";
import { startServing } from "../support/helpers.ts";
import { ROOT } from "../support/isolated_program.ts";
import { metricsOf } from "../support/metrics.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { refused } from "../support/said.ts";
import { exportWorkspace } from "../support/workspace.ts";
import { greet, startProgram } from "../vhost/support/program.ts";

const test = testsThatNeed("root");

async function top(...args: readonly string[]): Promise<string> {
  const { code, stdout, output } = await run(
    [`${ROOT}scripts/virtfs-top`, "--once", "--sort=name", ...args],
  );
  equal(code, 0, output);
  return stdout;
}

test("Helpers are seen while they serve, when they have ended, and when they were killed", async () => {
  using a = exportWorkspace();
  using b = exportWorkspace();
  const directory = `${a.path}/metrics`;
  Deno.mkdirSync(directory);
  const optionsFor = (name: string) => [
    ...[`--metrics-file=${directory}/${name}.prom`, "--metrics-interval=1"],
  ];
  await using proxy = await startServing({
    place: a,
    args: optionsFor("proxy"),
  });
  await using vhost = startProgram(b, "connection", [
    ...["--fd=FD", "--shared-dir=DIR", ...optionsFor("vhost")],
  ]);
  using frontEnd = await vhost.connect();
  const session = greet(frontEnd);
  for (let i = 0; i < 3; i++) {
    refused(proxy.client.lstat("/missing"), "ENOENT");
    equal(session.ask(lookup(EXPORT, "missing")).errno, ENOENT);
  }
  const counted = (request: string) => (samples: ReadonlyMap<string, number>) =>
    samples.get(
      `virtfs_request_errors_total{request="${request}",errno="ENOENT"}`,
    ) === 3;
  await metricsOf(`${directory}/proxy.prom`, counted("LSTAT"));
  await metricsOf(`${directory}/vhost.prom`, counted("LOOKUP"));

  const all = await top(directory);
  match(all, /^2 shares {3}/m);
  // Of long names the list has the end.
  const [endOfA, endOfB] = [a, b].map((place) => place.export.slice(-20));
  match(all, new RegExp(`^. {2}\\d \\S*${endOfA} .* proxy$`, "m"));
  match(all, new RegExp(`^. {2}\\d \\S*${endOfB} .* vhost$`, "m"));
  const one = await top(`${directory}/vhost.prom`);
  match(one, new RegExp(`^${b.export} +virtfs-vhost-helper \\d`));
  match(one, /^errors .* ENOENT LOOKUP +\S+ +3$/m);
  match(one, /^LOOKUP +\S+ /m);
  match(one, /^jail +(?:all \d+ properties hold|weaker than it can be: .+)$/m);

  frontEnd.close();
  equal((await vhost.end()).code, 0);
  proxy.kill("SIGKILL");
  await proxy.status;
  const ended = await top(directory);
  match(ended, /^2 shares, 2 ended {3}/m);
  match(ended, new RegExp(`^x {2}\\d \\S*${endOfB} +has ended .* ago$`, "m"));
  match(ended, new RegExp(`^x {2}\\d \\S*${endOfA} +was killed or has `, "m"));
});
