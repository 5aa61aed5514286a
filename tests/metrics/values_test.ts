/** What is counted is what was asked, through real clients of both programs. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { O_RDWR } from "../../ffi/constants.ts";
import { ENOENT, ENOSYS } from "../../ffi/errno.ts";
import { ROOT } from "../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  read,
  release,
  write,
} from "../../src/vhost_user_fs/client/requests/files.ts";
import {
  create,
  lookup,
} from "../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../src/vhost_user_fs/client/requests/session.ts";
import { startServing } from "../support/helpers.ts";
import {
  loggedFigures,
  metricsOf,
  parseMetrics,
  promtool,
} from "../support/metrics.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { exportWorkspace } from "../support/workspace.ts";
import { greet, startProgram } from "../vhost/support/program.ts";

const test = testsThatNeed("root", "promtool");
const INTERVAL = "--metrics-interval=1";

/** Samples of one metric. */
function some(samples: ReadonlyMap<string, number>, name: string) {
  return Object.fromEntries(
    [...samples].filter(([key, value]) =>
      key.startsWith(`${name}{`) && value !== 0
    ).map(([key, value]) => [key.slice(name.length), value]),
  );
}

/** The metrics of a file, each with its type. */
const types = (text: string) =>
  [...text.matchAll(/^# TYPE (.*)$/gm)].map(([, type]) => type);

/** What `scripts/top` and others are tested with. */
const sample = () =>
  Deno.readTextFileSync(new URL("sample.prom", import.meta.url));

/** What holds of any file of metrics. */
async function checkWhole(text: string): Promise<void> {
  equal(await promtool(text), "");
  const samples = parseMetrics(text);
  const sum = (name: string) =>
    Object.values(some(samples, name)).reduce((sum, count) => sum + count, 0);
  const count = samples.get("virtfs_duration_seconds_count");
  equal(sum("virtfs_requests_total"), count);
  equal(sum("virtfs_request_duration_seconds_count"), count);
  equal(samples.get('virtfs_duration_seconds_bucket{le="+Inf"}'), count);
  const buckets = [...samples].filter(([name]) => name.includes("{le="))
    .map(([, value]) => value);
  deepEqual(buckets, buckets.toSorted((a, b) => a - b));
  for (const name of ["polling_seconds_total", "waiting_seconds_total"]) {
    ok(samples.get(`virtfs_${name}`)! >= 0, name);
  }
}

test("virtfs-proxy-helper counts requests, errors by errno, and how long they took", async () => {
  using place = exportWorkspace();
  const file = `${place.path}/proxy.prom`;
  await using helper = await startServing({
    place,
    args: ["--metrics-file", file, INTERVAL, "--stats"],
  });
  const { client } = helper;
  for (let i = 0; i < 9; i++) done(client.lstat("/"));
  // What a guest sends becomes no label.
  for (const name of ['/"}\n', "/virtfs_x 1"]) {
    refused(client.lstat(name), "ENOENT");
  }
  done(client.mkdir("/made", 0o755, 0, 0));
  const all = (samples: ReadonlyMap<string, number>) =>
    samples.get('virtfs_requests_total{request="MKDIR"}') === 1;
  const samples = await metricsOf(file, all);
  // One more than here: the helper was asked whether it serves.
  deepEqual(some(samples, "virtfs_requests_total"), {
    '{request="LSTAT"}': 12,
    '{request="MKDIR"}': 1,
  });
  deepEqual(some(samples, "virtfs_request_errors_total"), {
    '{request="LSTAT",errno="ENOENT"}': 2,
  });
  equal(samples.get("virtfs_serving"), 1);
  equal(samples.get("virtfs_metrics_interval_seconds"), 1);
  // QEMU reads and writes files itself.
  equal(samples.has("virtfs_read_bytes_total"), false);
  await checkWhole(Deno.readTextFileSync(file));
  helper.kill("SIGUSR2");
  await helper.says(/Figures/);
  const told = loggedFigures(helper.output);
  const output = await helper.finish();
  const last = loggedFigures(output);
  deepEqual(told.errors, { LSTAT: { ENOENT: 2 } });
  equal(told.requests.LSTAT.count, 12);
  deepEqual({ ...last, waiting: 0 }, { ...told, waiting: 0 });
  const text = Deno.readTextFileSync(file);
  await checkWhole(text);
  equal(parseMetrics(text).get("virtfs_serving"), 0);
});

test("virtfs-vhost-helper counts bytes, descriptors and inodes besides", async () => {
  using place = exportWorkspace();
  const file = `${place.path}/vhost.prom`;
  await using helper = startProgram(place, "connection", [
    ...["--fd=FD", "--shared-dir=DIR", `--metrics-file=${file}`, INTERVAL],
  ]);
  using frontEnd = await helper.connect();
  const session = greet(frontEnd);
  const made = session.must(create(ROOT, "file", O_RDWR, 0o644));
  const { nodeid, opened: { fh } } = made;
  equal(session.must(write(nodeid, fh, 0, new Uint8Array(5000))), 5000);
  equal(session.must(read(nodeid, fh, 1000, 8192)).length, 4000);
  for (let i = 0; i < 3; i++) {
    equal(session.ask(lookup(ROOT, "missing")).errno, ENOENT);
  }
  equal(session.ask({ ...getattr(ROOT), op: "INTERRUPT" }).errno, ENOSYS);
  const samples = await metricsOf(
    file,
    (samples) => samples.get('virtfs_requests_total{request="other"}') === 1,
  );
  deepEqual(some(samples, "virtfs_requests_total"), {
    '{request="CREATE"}': 1,
    '{request="GETATTR"}': 1,
    '{request="INIT"}': 1,
    '{request="LOOKUP"}': 3,
    '{request="READ"}': 1,
    '{request="WRITE"}': 1,
    '{request="other"}': 1,
  });
  deepEqual(some(samples, "virtfs_request_errors_total"), {
    '{request="LOOKUP",errno="ENOENT"}': 3,
    '{request="other",errno="ENOSYS"}': 1,
  });
  equal(samples.get("virtfs_read_bytes_total"), 4000);
  equal(samples.get("virtfs_written_bytes_total"), 5000);
  equal(samples.get("virtfs_inodes"), 1);
  equal(samples.get("virtfs_open_descriptors"), 2);
  await checkWhole(Deno.readTextFileSync(file));
  deepEqual(types(Deno.readTextFileSync(file)), types(sample()));
  session.must(release(nodeid, fh));
  session.ask(forget(nodeid));
  const after = await metricsOf(
    file,
    (samples) => samples.get('virtfs_requests_total{request="FORGET"}') === 1,
  );
  equal(after.get("virtfs_inodes"), 0);
  equal(after.get("virtfs_open_descriptors"), 0);
  helper.kill("SIGUSR2");
  await helper.says(/Figures/);
  equal(loggedFigures(helper.output).read, 4000);
  frontEnd.close();
  equal((await helper.end()).code, 0);
  // Without --stats nothing is told at the end.
  equal(helper.output.match(/Figures/g)?.length, 1);
});

test("What does not serve a guest is told with the figures: the jail and the version", async () => {
  using place = exportWorkspace();
  const file = `${place.path}/a.prom`;
  await using helper = await startServing({
    place,
    args: ["--metrics-file", file, "--seccomp=log"],
  });
  const text = Deno.readTextFileSync(file);
  const samples = parseMetrics(text);
  equal(samples.get('virtfs_jail{property="seccomp"}'), 0);
  equal(samples.get('virtfs_jail{property="root"}'), 1);
  match(text, /^virtfs_info\{.*,version="\d+\.\d+\.\d+"\} 1$/m);
  match(text, new RegExp(`share="${place.export}"`));
  await helper.finish();
});

test("With the log's level at error SIGUSR2 is answered, and as JSON where lines are", async () => {
  await using helper = await startServing({
    args: ["--log-level=error", "--log-format=json"],
  });
  helper.kill("SIGUSR2");
  await helper.says(/Figures/);
  const line = JSON.parse(helper.stderr.trim().split("\n").at(-1)!);
  equal(line.message, "Figures");
  equal(line.figures.requests.LSTAT.count, 1);
  await helper.finish();
});
