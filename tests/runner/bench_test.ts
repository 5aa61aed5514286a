/** The bench: its statistics, its mix, what it draws, and a very short run of it. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { openLibc } from "../../ffi/libc.ts";
import { ENOENT } from "../../ffi/errno.ts";
import { Chains } from "../../scripts/bench/chains.ts";
import { figures, isReached } from "../../scripts/bench/figures.ts";
import { compareGuests } from "../../scripts/bench/guest_table.ts";
import { LoadClient, LoadError, prepare } from "../../scripts/bench/load.ts";
import { KINDS, WEIGHTS } from "../../scripts/bench/mix.ts";
import { parseOptions } from "../../scripts/bench/options.ts";
import { socketPair } from "../../scripts/bench/peer.ts";
import { mixProgram } from "../../scripts/bench/programs.ts";
import { figureTable, kindTable } from "../../scripts/bench/report.ts";
import type { KindResult, Results } from "../../scripts/bench/results.ts";
import { weighted } from "../../scripts/bench/results.ts";
import {
  median,
  quantile,
  randomNumbers,
  ratio,
  shuffled,
  weightedMean,
} from "../../scripts/bench/statistics.ts";
import { svg } from "../../scripts/bench/svg.ts";
import { LOAD_SYMBOLS } from "../../scripts/bench/symbols.ts";
import { makeTree } from "../../scripts/bench/tree.ts";
import { frame } from "../../src/proxy/wire/encode.ts";
import { helperPath } from "../support/helpers.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

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

Deno.test("weightedMean() leaves out what has no weight", () => {
  equal(weightedMean([1, NaN, 4], [3, 0, 1]), 1.75);
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
    const { kinds } = mixProgram(
      new Chains(libc, makeTree(libc, directory.path)),
    );
    libc.close();
    const total = WEIGHTS.reduce((sum, weight) => sum + weight, 0);
    for (const [at, kind] of KINDS.entries()) {
      const share = kinds.filter((found) => found === at).length;
      const wanted = kinds.length * WEIGHTS[at]! / total;
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

/** Each kind takes ours `mine` and the reference 10 µs. */
function kindResults(mine: number): KindResult[] {
  const spread = (median: number) => ({ median, low: median, high: median });
  const entry = (microseconds: number) => ({
    roundTrip: spread(microseconds),
    ratio: spread(microseconds / 10),
    cpuRatio: spread(1),
  });
  return KINDS.map((kind) => ({
    kind,
    entries: [entry(mine), entry(mine), entry(10)],
  }));
}

const NAMES = ["ours", "unpolled", "theirs"];

Deno.test("weighted() needs every kind of the mix, and no other", () => {
  const results = kindResults(5);
  deepEqual(weighted(results)!.map(Math.round), [5, 5, 10]);
  ok(weighted(results.filter(({ kind }) => kind !== "LSTAT, no file")));
  equal(
    weighted(results.filter(({ kind }) => kind !== "STATFS")),
    undefined,
  );
});

Deno.test("The figures say what is reached, what is not, and what was not measured", () => {
  const about = {} as Results["about"];
  const found = figures({ about, kinds: kindResults(8), guest: 1.05 });
  const named = (what: string) =>
    isReached(found.find((figure) => figure.what.startsWith(what))!);
  equal(named("mix, back to back: kinds"), false);
  equal(named("worst single request"), true);
  equal(named("mix, polling off: kinds"), true);
  equal(named("guest"), true);
  equal(named("RSS"), undefined);
  const table = figureTable(found);
  match(table, /kinds, weighted +0\.70 × +0\.80 × +not reached/);
  match(table, /RSS after the load +48\.00 MB +– +not measured/);
});

Deno.test("The table of kinds has a line for each, and the weighted mean", () => {
  const results = kindResults(7);
  const lines = kindTable(NAMES, results, weighted(results)).split("\n");
  equal(lines.length, 2 + KINDS.length + 1);
  match(lines[2]!, /^LSTAT +7\.0 +7\.0 +10\.0 +0\.70 +0\.70 – 0\.70 +1\.00/);
  match(lines.at(-1)!, /weighted by the mix +7\.0 +7\.0 +10\.0 +0\.70/);
});

Deno.test("The picture has a bar for each ratio, and cuts those that are too long", () => {
  const [first, second] = kindResults(1000);
  const title = "a < b & c";
  const drawn = svg({ title, names: NAMES, mix: [], kinds: [first!, second!] });
  match(drawn, /^<svg .*width="(\d+)"/);
  ok(drawn.includes("a &lt; b &amp; c"));
  // The background, two in the legend, two for each kind.
  equal(drawn.match(/<rect /g)!.length, 1 + 2 + 4);
  ok(drawn.includes(">100.00</text>"));
  for (const [, width] of drawn.matchAll(/ width="([\d.]+)"/g)) {
    ok(Number(width) <= 860, width);
  }
});

Deno.test("The ratios of guests are taken of each pair of runs", () => {
  const run = (seconds: number) =>
    (["untar", "find", "git add", "rm"] as const).map((phase) => ({
      phase,
      wall: 2 * seconds,
      cpu: seconds,
      userPart: 0.5,
    }));
  const [untar] = compareGuests([run(1), run(2), run(9)], [
    run(2),
    run(4),
    run(6),
  ]);
  deepEqual([untar!.cpuRatio, untar!.wallRatio], [0.5, 0.5]);
  deepEqual([untar!.ours.cpu, untar!.theirs.wall], [2, 8]);
});

Deno.test("The bench refuses what it does not know", () => {
  throws(() => parseOptions(["everything"], "ours"), /Cannot measure/);
  throws(() => parseOptions(["--rounds", "0"], "ours"), /--rounds/);
  throws(() => parseOptions(["--cpus", "both"], "ours"), /--cpus/);
  equal(parseOptions(["--help", "mix"], "ours"), undefined);
  deepEqual(parseOptions(["--args=-a --b=c"], "ours")?.args, ["-a", "--b=c"]);
});

Deno.test({
  name: "The bench measures this helper and the original",
  ignore: lacking("root", "original", "xattrs").length > 0,
  async fn() {
    using directory = workspace();
    const json = `${directory.path}/results.json`;
    const picture = `${directory.path}/picture.svg`;
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: [
          ...["run", "-q", "--no-prompt", "-P=measure", "scripts/bench.ts"],
          ...["mix", "requests", "client", "memory", "idle"],
          ...["--rounds=2", "--requests=20", "--pauses=10", "--load=300"],
          ...["--seconds=1", "--ours", helperPath(), "--json", json],
          ...["--svg", picture],
        ],
        cwd: ROOT,
        env: { TMPDIR: directory.path },
        stdin: "null",
      },
    ).output();
    const printed = new TextDecoder().decode(stdout);
    ok(success, printed + new TextDecoder().decode(stderr));
    for (const kind of KINDS) ok(printed.includes(`\n${kind} `), kind);
    const results = JSON.parse(Deno.readTextFileSync(json)) as Results;
    deepEqual(results.kinds!.map(({ kind }) => kind), KINDS);
    // Not those of CPU: the kernel shows what another process has used as of
    // its last tick, and of so few requests that may be nothing.
    const ratios = [
      ...results.kinds!.map(({ entries }) => entries[0]!.ratio.median),
      ...results.mix!.map(({ entries }) => entries[0]!.roundTripRatio.median),
    ];
    equal(ratios.length, KINDS.length + 3);
    ok(ratios.every((ratio) => ratio > 0 && ratio < Infinity), printed);
    ok(results.memory!.every(({ after }) => after > 1), printed);
    ok(results.client!.polling.median > 0, printed);
    match(Deno.readTextFileSync(picture), /<\/svg>\n$/);
  },
});
