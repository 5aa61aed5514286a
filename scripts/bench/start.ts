/**
 * How long it takes from starting a helper to its first answer.
 *
 * @module
 */
import { type HelperCommand, startHelper } from "./helper_process.ts";
import type { Helpers } from "./helpers.ts";
import { type Spread, spread } from "./statistics.ts";

/** One way to start, in milliseconds. */
export interface StartResult {
  readonly name: string;
  readonly times: Spread;
  /** CPU of all threads until then, which varies less than the time. */
  readonly cpu: Spread;
}

export interface Way {
  readonly command: HelperCommand;
  /** Returns more variables, other ones for each start. */
  readonly fresh?: () => Readonly<Record<string, string>>;
}

/** Starts each way in turns, `rounds` times, with `directory` to export. */
export async function measureStart(
  { libc, clock }: Helpers,
  ways: readonly Way[],
  directory: string,
  rounds: number,
): Promise<StartResult[]> {
  const times = ways.map(() => new Float64Array(rounds));
  const cpus = ways.map(() => new Float64Array(rounds));
  for (let round = -1; round < rounds; round++) {
    for (const [at, { command, fresh }] of ways.entries()) {
      const env = { ...command.env, ...fresh?.() };
      const start = clock.now();
      const helper = await startHelper(libc, { ...command, env }, directory);
      const took = clock.now() - start;
      const cpu = clock.cpu(helper.pid);
      await helper.stop();
      // The first round fills the caches.
      if (round < 0) continue;
      times[at]![round] = took / 1e6;
      cpus[at]![round] = cpu / 1e6;
    }
  }
  return ways.map(({ command: { name } }, at) => ({
    name,
    times: spread(times[at]!),
    cpu: spread(cpus[at]!),
  }));
}

/** A helper to be started, as its command without `-n -p DIR -f FD`. */
type Command = readonly [string, ...string[]];

export interface Starts {
  readonly ours: Command;
  readonly theirs: Command;
  /** The project's directory, if `ours` is its launcher, which then runs the bundle. */
  readonly root: string | undefined;
  /** The binary, if there is one. */
  readonly compiled: string | undefined;
  /** What is exported. */
  readonly directory: string;
  /** For Deno's caches. */
  readonly scratch: string;
}

/** The ways there are to start a helper, the reference last. */
export function waysToStart(
  { ours, theirs, root, compiled, directory, scratch }: Starts,
): Way[] {
  const cache = () => ({
    DENO_DIR: Deno.makeTempDirSync({ dir: scratch, prefix: "deno-dir-" }),
  });
  const env = cache();
  const way = (name: string, command: Command, env = {}): Way => ({
    command: { name, command, env },
  });
  const denoRun = (name: string, program: string) =>
    way(name, launched(root!, program, directory), {
      ...env,
      DENO_NO_UPDATE_CHECK: "1",
    });
  return [
    { ...way("ours, cold: no cache of Deno's", ours), fresh: cache },
    way("ours, warm", ours, env),
    ...root === undefined ? [] : [
      denoRun("ours, warm, deno run", "src/main.ts"),
      denoRun("ours, warm, deno run of the bundle", "dist/helper.js"),
      ...compiled === undefined ? [] : [way("ours, compiled", [compiled])],
    ],
    way("theirs", theirs),
  ];
}

/** What the launcher runs. */
function launched(root: string, program: string, directory: string): Command {
  return [
    Deno.execPath(),
    "run",
    ...["--quiet", "--no-prompt", "--no-remote", "--no-npm", "--no-code-cache"],
    ...["--config", `${root}/deno.json`, "-P=helper"],
    ...[`--allow-read=${directory}`, `--allow-write=${directory}`],
    `${root}/${program}`,
  ];
}
