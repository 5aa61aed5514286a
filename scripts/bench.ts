/**
 * Measures the helpers against those whose place they take.
 *
 * @module
 */
import type { HelperCommand } from "./bench/helper_process.ts";
import { Helpers } from "./bench/helpers.ts";
import { bundledLauncher, compiledProgram } from "./bench/launcher.ts";
import {
  measureKinds,
  measureMix,
  type MixResult,
} from "./bench/measurements.ts";
import { measureMemory } from "./bench/memory.ts";
import { type BenchOptions, parseOptions, USAGE } from "./bench/options.ts";
import {
  kindTable,
  memoryTable,
  mixTable,
  startTable,
} from "./bench/report.ts";
import { introduce, load, PLACES, show } from "./bench/say.ts";
import { measureStart, waysToStart } from "./bench/start.ts";
import { benchShares } from "./bench/shares/bench.ts";
import { benchVhost } from "./bench/vhost/bench.ts";
import { runProgram } from "./program/main.ts";
import { say } from "./program/output.ts";
import type { Command } from "./program/proxy_helper.ts";

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
/** Debian's, from qemu-system-common 7.2. */
const ORIGINAL = "/usr/lib/qemu/virtfs-proxy-helper";

await runProgram(USAGE, async (args) => {
  const options = parseOptions(args);
  if (Deno.uid() !== 0) {
    throw new Error("Cannot measure: both helpers need root's rights");
  }
  const { topics } = options;
  await (topics.has("vhost")
    ? benchVhost
    : topics.has("shares")
    ? benchShares
    : bench)(options);
  say(`\nload ${load()}`);
  return 0;
});

async function bench(options: BenchOptions): Promise<void> {
  const { topics } = options;
  const ours: Command = [
    options.ours ?? await bundledLauncher("virtfs-proxy-helper"),
    ...options.args,
  ];
  const compiled = topics.has("start") && options.ours === undefined
    ? await compiledProgram("virtfs-proxy-helper")
    : undefined;
  await using helpers = new Helpers();
  for (const command of commands(ours, options)) {
    say(`${command.name}: ${command.command.join(" ")}`);
    await helpers.add(command);
  }
  introduce("virtfs-proxy-helper");
  // First: the helpers have done nothing yet but start.
  if (topics.has("memory")) {
    show(
      `Memory in MB, the load being ${options.load} requests`,
      memoryTable(helpers.names, await measureMemory(helpers, options.load)),
    );
  }
  // Before this process is bound to a CPU, as its children would be, too.
  if (topics.has("start")) {
    show(
      "From the start to the first answer, in ms",
      startTable(await starts(helpers, ours, compiled, options)),
    );
  }
  const mix: MixResult[] = [];
  for (const placement of options.placements) {
    if (!topics.has("mix") && !topics.has("requests")) break;
    helpers.place(placement);
    helpers.warmUp();
    if (topics.has("mix")) {
      mix.push(...await measureMix(helpers, placement, options));
    }
    if (topics.has("requests")) {
      show(
        `Each request in µs, back to back, ${PLACES[placement]}`,
        kindTable(helpers.names, await measureKinds(helpers, options)),
      );
    }
  }
  if (mix.length > 0) {
    show("What guests ask", mixTable(helpers.names, mix));
  }
}

/** Ours, ours with other arguments, and the reference. */
function commands(ours: Command, options: BenchOptions): HelperCommand[] {
  return [
    { name: "ours", command: ours },
    ...options.also.map((args) => ({
      name: args.join(" ").replace(/^-+/, ""),
      command: [...ours, ...args] as const,
    })),
    { name: "theirs", command: [options.against ?? ORIGINAL] },
  ];
}

function starts(
  helpers: Helpers,
  ours: Command,
  compiled: string | undefined,
  options: BenchOptions,
) {
  const scratch = `${helpers.directory}/start`;
  const directory = `${scratch}/export`;
  Deno.mkdirSync(directory, { recursive: true });
  const ways = waysToStart({
    ours,
    theirs: [options.against ?? ORIGINAL],
    root: options.ours === undefined ? ROOT : undefined,
    compiled,
    directory,
    scratch,
  });
  const rounds = options.rounds ?? (options.quick ? 3 : 15);
  return measureStart(helpers, ways, directory, rounds);
}
