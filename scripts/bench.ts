/**
 * Measures this helper against QEMU's own.
 *
 * @module
 */
import { VERSION } from "../src/version.ts";
import { Arena } from "./bench/arena.ts";
import { clientCost } from "./bench/client_cost.ts";
import { figures } from "./bench/figures.ts";
import type { GuestResult } from "./bench/guest_table.ts";
import { measureKinds, measureMix } from "./bench/measurements.ts";
import {
  type BenchOptions,
  parseOptions,
  type Topic,
  USAGE,
} from "./bench/options.ts";
import type { Contender } from "./bench/peer.ts";
import {
  clientTable,
  figureTable,
  kindTable,
  memoryTable,
  mixTable,
  restTable,
  startTable,
} from "./bench/report.ts";
import { memory, rest } from "./bench/resting.ts";
import { type About, type Results, weighted } from "./bench/results.ts";
import { type StartResult, startTimes, waysToStart } from "./bench/start.ts";
import { svg } from "./bench/svg.ts";
import { startChild } from "./program/children.ts";
import { runProgram } from "./program/main.ts";
import { paint, say } from "./program/output.ts";

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
/** Polls never. */
const UNPOLLED = "--poll-max-us=0";
const LAUNCHER = `${ROOT}/scripts/virtfs-proxy-helper`;

await runProgram(USAGE, async (args) => {
  const options = parseOptions(args, LAUNCHER);
  if (options === undefined) return 0;
  if (Deno.uid() !== 0) {
    throw new Error("Cannot measure: both helpers need root's rights");
  }
  await bench(options);
  return 0;
});

async function bench(options: BenchOptions): Promise<void> {
  const all = options.topics.has("figures");
  const wants = (topic: Topic) => all || options.topics.has(topic);
  const results: Results = { about: about() };
  await using arena = new Arena();
  for (const contender of contenders(options, all)) {
    say(`${contender.name}: ${contender.command.join(" ")}`);
    await arena.add(contender);
  }
  if (options.cpus !== undefined) arena.place(options.cpus);
  say(`load ${results.about.load.join(", ")}; the tables are of medians`);
  if (wants("memory")) results.memory = await memory(arena, options.load);
  else arena.warmUp();
  if (wants("client")) {
    results.client = await clientCost(arena);
    table("The client itself", clientTable(results.client));
  }
  if (wants("start")) {
    results.start = await measureStart(arena, options);
    table("From the start to the first answer", startTable(results.start));
  }
  if (wants("mix")) {
    results.mix = await measureMix(arena, options);
    table("What guests ask", mixTable(arena.names, results.mix));
  }
  if (wants("requests")) {
    results.kinds = await measureKinds(arena, options);
    table(
      "Each request, back to back",
      kindTable(arena.names, results.kinds, weighted(results.kinds)),
    );
  }
  if (results.memory !== undefined) {
    table(
      `Memory after ${options.load} requests, and as many again`,
      memoryTable(arena.names, results.memory),
    );
  }
  if (wants("idle")) {
    results.rest = await rest(arena, options.seconds);
    table("At rest", restTable(arena.names, results.rest));
  }
  if (all) {
    if (options.guest) results.guest = await guest();
    results.figures = figures(results);
    table("The figures to reach", figureTable(results.figures));
  }
  say(`\nload ${load().join(", ")}`);
  write(options, arena.names, results);
}

/** Ours, ours with other arguments, and the reference. */
function contenders(options: BenchOptions, unpolled: boolean): Contender[] {
  const ours = [options.ours, ...options.args] as const;
  return [
    { name: "ours", command: [...ours] },
    ...[...unpolled ? [[UNPOLLED]] : [], ...options.also].map((args) => ({
      name: args.join(" ").replace(/^-+/, ""),
      command: [...ours, ...args] as const,
    })),
    { name: "theirs", command: [options.against] },
  ];
}

async function measureStart(
  arena: Arena,
  options: BenchOptions,
): Promise<StartResult[]> {
  const scratch = `${arena.directory}/start`;
  const directory = `${scratch}/export`;
  Deno.mkdirSync(directory, { recursive: true });
  const ways = waysToStart({
    ours: [options.ours, ...options.args],
    theirs: [options.against],
    root: options.ours === LAUNCHER ? ROOT : undefined,
    directory,
    scratch,
  });
  const rounds = options.quick ? 3 : 15;
  return await startTimes(arena.libc, arena.clock, ways, directory, rounds);
}

/** Lets guests work; returns the ratio of the helpers' CPU for `git add`. */
async function guest(): Promise<number> {
  const { success, stdout } = await startChild(Deno.execPath(), {
    // Not by `deno task`, of which it would be a grandchild.
    args: [
      ...["run", "-q", "--no-prompt", "-P=guest"],
      ...["scripts/bench_guest.ts", "--json", "-"],
    ],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot measure in a guest");
  const results: GuestResult[] = JSON.parse(new TextDecoder().decode(stdout));
  return results.find(({ phase }) => phase === "git add")!.cpuRatio;
}

function about(): About {
  return {
    version: VERSION,
    deno: Deno.version.deno,
    date: new Date().toISOString().slice(0, 10),
    machine: `${Deno.build.arch}, ${navigator.hardwareConcurrency} CPUs`,
    kernel: Deno.osRelease().replace(/-.*/, ""),
    load: load(),
  };
}

function load(): number[] {
  return Deno.loadavg().map((value) => Number(value.toFixed(1)));
}

/** The files that were asked for. */
function write(
  options: BenchOptions,
  names: readonly string[],
  results: Results,
): void {
  if (options.json !== undefined) {
    Deno.writeTextFileSync(
      options.json,
      JSON.stringify({ names, ...results }, undefined, 2) + "\n",
    );
  }
  if (options.svg !== undefined) {
    const { version, deno, date, kernel } = results.about;
    const title =
      `virtfs-proxy-helper ${version}, Deno ${deno}, Linux ${kernel}, ${date}`;
    const { mix = [], kinds = [] } = results;
    Deno.writeTextFileSync(options.svg, svg({ title, names, mix, kinds }));
  }
}

function table(title: string, content: string): void {
  say(`\n${paint("bold", title)}\n\n${content}`);
}
