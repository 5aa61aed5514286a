/** The bench: its statistics, its mix, its table, and a very short run of it. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { openLibc } from "../../ffi/libc.ts";
import { ENOENT } from "../../ffi/errno.ts";
import { Sequences } from "../../scripts/bench/sequences.ts";
import { LoadClient, LoadError, prepare } from "../../scripts/bench/load.ts";
import { KINDS, MIX } from "../../scripts/bench/mix.ts";
import { parseOptions } from "../../scripts/bench/options.ts";
import { socketPair } from "../../scripts/guest/socket_pair.ts";
import { mixWorkload } from "../../scripts/bench/workloads.ts";
import { kindTable } from "../../scripts/bench/report.ts";
import {
  median,
  quantile,
  randomNumbers,
  ratio,
  shuffled,
} from "../../scripts/bench/statistics.ts";
import { LOAD_SYMBOLS } from "../../scripts/bench/symbols.ts";
import { makeTree } from "../../scripts/bench/tree.ts";
import { frame } from "../../src/proxy/wire/encode.ts";
import { helperPath } from "../support/helpers.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { runHere, tool } from "../support/tools.ts";
import { workspace } from "../support/workspace.ts";
import { HELPER } from "../vhost/support/helper.ts";
import { trixieVirtiofsd } from "../vhost/support/trixie.ts";

const test = testsThatNeed("root", "original", "xattrs");

Deno.test("median() and quantile() interpolate between sorted values", () => {
  equal(median([9, 1, 5]), 5);
  equal(median([4, 1, 3, 2]), 2.5);
  equal(quantile([10, 20, 30, 40, 50], 0.25), 20);
  equal(quantile([0, 10], 0.99), 9.9);
  equal(median([3, NaN, 1]), 2);
  ok(Number.isNaN(median([])));
});

Deno.test("ratio() compares round by round, so that a disturbed round does not show", () => {
  // Both become slower together, and in the third round somebody was in the way of ours.
  const { median } = ratio([10, 20, 900, 40, 50], [20, 40, 60, 80, 100]);
  equal(median, 0.5);
});

Deno.test("shuffled() keeps every item and is the same in every run", () => {
  const items = Array.from({ length: 50 }, (_, n) => n);
  const once = shuffled(items, randomNumbers(1));
  deepEqual(once, shuffled(items, randomNumbers(1)));
  deepEqual(once.toSorted((a, b) => a - b), items);
  ok(once.some((item, at) => item !== at));
});

Deno.test({
  name: "The mix has the proportions that were counted",
  ignore: lacking("root", "xattrs").length > 0,
  fn() {
    using directory = workspace();
    const libc = openLibc(LOAD_SYMBOLS);
    const { kinds } = mixWorkload(
      new Sequences(libc, makeTree(libc, directory.path)),
    );
    libc.close();
    const total = Object.values(MIX).reduce<number>(
      (sum, part) => sum + part,
      0,
    );
    for (const [at, kind] of KINDS.entries()) {
      const share = kinds.filter((found) => found === at).length;
      const wanted = kinds.length * MIX[kind] / total;
      ok(Math.abs(share - wanted) <= 1.2, `${kind}: ${share}, not ${wanted}`);
    }
  },
});

Deno.test("The load client takes the expected answer, and no other", () => {
  const libc = openLibc(LOAD_SYMBOLS);
  const [ours, theirs] = socketPair(libc);
  const client = new LoadClient(libc, ours);
  const answer = (bytes: Uint8Array) => {
    const { pointer, size } = prepare(libc, "answer", bytes);
    libc.symbols.write(theirs, pointer, size);
  };
  const request = prepare(libc, "LSTAT //a", frame(8, new Uint8Array(4)));
  const missing = prepare(libc, "LSTAT //b", frame(8, new Uint8Array(4)), {
    errno: ENOENT,
  });
  const noEntry = frame(1, new Uint8Array(new Int32Array([-ENOENT]).buffer));
  answer(frame(0, new Uint8Array(116)));
  client.ask(request);
  answer(noEntry);
  client.ask(missing);
  answer(noEntry);
  throws(() => client.ask(request), LoadError);
  answer(frame(0, new Uint8Array(116)));
  throws(() => client.ask(missing), LoadError);
  libc.symbols.close(theirs);
  throws(() => client.ask(request), LoadError);
  client.close();
  libc.close();
});

Deno.test("The table of kinds has a line for each, with all ratios to the reference", () => {
  const spread = (median: number) => ({ median, low: median, high: median });
  const entries = [7, 8, 10].map((microseconds) => ({
    roundTrip: spread(microseconds),
    ratio: spread(microseconds / 10),
  }));
  const results = KINDS.map((kind) => ({ kind, entries }));
  const table = kindTable(["ours", "unpolled", "theirs"], results);
  const lines = table.split("\n");
  equal(lines.length, 2 + KINDS.length);
  match(
    lines[2]!,
    /^LSTAT +7\.0 +8\.0 +10\.0 +0\.70 +0\.70 – 0\.70 +0\.80 +0\.80 – 0\.80$/,
  );
});

Deno.test("The bench refuses what it does not know", () => {
  const parse = (...args: string[]) => parseOptions(args);
  throws(() => parse("everything"), /Cannot measure/);
  throws(() => parse("vhost", "mix"), /Cannot measure vhost together/);
  throws(() => parse("--rounds", "0"), /--rounds/);
  throws(() => parse("--cpus", "one,three"), /Cannot place helpers on "three"/);
  deepEqual(parse().placements, ["one", "two", "any"]);
  deepEqual(parse("--args=-a --b=c").args, ["-a", "--b=c"]);
});

test("The bench measures this helper and the original, on one CPU, on two, and on any", async () => {
  const { code, stdout: printed, stderr } = await runHere(tool(
    "bench.ts",
    ...["mix", "requests", "memory", "start", "--rounds=2"],
    ...["--requests=20", "--pauses=10", "--load=300"],
    ...["--ours", helperPath()],
  ));
  equal(code, 0, printed + stderr);
  for (const kind of KINDS) {
    equal(printed.split(`\n${kind} `).length, 1 + 3, kind);
  }
  for (const placement of ["one", "two", "any"]) {
    const [, time, ratio] = new RegExp(
      `^${placement} +none +ours +([\\d.]+) .* % +([\\d.]+) +[\\d.]+ – [\\d.]+`,
      "m",
    ).exec(printed) ?? [];
    ok(Number(time) > 0 && Number(ratio) > 0, printed);
  }
  match(printed, /^theirs +after the start +[1-9]/m);
  match(printed, /^ours, warm +[1-9]/m);
});

testsThatNeed("root", "procps", trixieVirtiofsd() !== undefined)(
  "The bench measures the helper of vhost-user-fs and virtiofsd",
  async () => {
    const { code, stdout: printed, stderr } = await runHere(tool(
      "bench.ts",
      ...["vhost", "--rounds=2", "--only=GETATTR", "--ours", HELPER],
    ));
    equal(code, 0, printed + stderr);
    equal(printed.split("\nGETATTR ").length, 1 + 3, printed);
    match(
      printed,
      /^geometric mean +[\d.]+ +[\d.]+ – [\d.]+ +[\d.]+ +[\d.]+$/m,
    );
  },
);
