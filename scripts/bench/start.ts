/**
 * How long it takes from starting a helper to its first answer.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import type { Clock } from "./clock.ts";
import { type Contender, startHelper } from "./peer.ts";
import { type Spread, spread } from "./statistics.ts";
import type { LOAD_SYMBOLS } from "./symbols.ts";

/** One way to start, in milliseconds. */
export interface StartResult {
  readonly name: string;
  readonly times: Spread;
  /** CPU of all its threads until then: steadier, where the machine is not quiet. */
  readonly cpu: Spread;
}

/** A way to start, and what has to be done before each time. */
export interface Way {
  readonly contender: Contender;
  /** Variables of the next start; a new directory each time, say. */
  readonly fresh?: () => Readonly<Record<string, string>>;
}

/** Starts each way in turns, `rounds` times, with `directory` to export. */
export async function startTimes(
  libc: Libc<typeof LOAD_SYMBOLS>,
  clock: Clock,
  ways: readonly Way[],
  directory: string,
  rounds: number,
): Promise<StartResult[]> {
  const times = ways.map(() => new Float64Array(rounds));
  const cpus = ways.map(() => new Float64Array(rounds));
  for (let round = -1; round < rounds; round++) {
    for (const [at, { contender, fresh }] of ways.entries()) {
      const env = { ...contender.env, ...fresh?.() };
      const start = clock.now();
      const peer = await startHelper(libc, { ...contender, env }, directory);
      const took = clock.now() - start;
      const cpu = clock.cpu(peer.pid);
      await peer.stop();
      // The first one fills the caches.
      if (round < 0) continue;
      times[at]![round] = took / 1e6;
      cpus[at]![round] = cpu / 1e6;
    }
  }
  return ways.map(({ contender: { name } }, at) => ({
    name,
    times: spread(times[at]!),
    cpu: spread(cpus[at]!),
  }));
}

/** A helper to be started, as its command without `-n -p DIR -f FD`. */
type Command = readonly [string, ...string[]];

/** What is started. */
export interface Starts {
  readonly ours: Command;
  readonly theirs: Command;
  /** The project's directory, if `ours` is its launcher. */
  readonly root: string | undefined;
  /** What is exported. */
  readonly directory: string;
  /** For Deno's caches. */
  readonly scratch: string;
}

/** The ways there are to start a helper, the reference last. */
export function waysToStart(
  { ours, theirs, root, directory, scratch }: Starts,
): Way[] {
  const cache = () => ({
    DENO_DIR: Deno.makeTempDirSync({ dir: scratch, prefix: "deno-dir-" }),
  });
  const env = cache();
  const ways: Way[] = [
    {
      contender: { name: "ours, cold: no cache of Deno's", command: ours },
      fresh: cache,
    },
    { contender: { name: "ours, warm", command: ours, env } },
  ];
  if (root !== undefined) {
    ways.push({
      contender: {
        name: "ours, warm, deno run",
        command: denoRun(root, "src/main.ts", directory),
        env: { ...env, DENO_NO_UPDATE_CHECK: "1" },
      },
    });
    if (exists(`${root}/dist/helper.js`)) {
      ways.push({
        contender: {
          name: "ours, warm, deno run of the bundle",
          command: denoRun(root, "dist/helper.js", directory),
          env: { ...env, DENO_NO_UPDATE_CHECK: "1" },
        },
      });
    }
    const binary = `${root}/dist/virtfs-proxy-helper`;
    if (exists(binary)) {
      ways.push({ contender: { name: "ours, compiled", command: [binary] } });
    }
  }
  return [...ways, { contender: { name: "theirs", command: theirs } }];
}

/** What the launcher runs. */
function denoRun(root: string, program: string, directory: string): Command {
  return [
    Deno.execPath(),
    "run",
    ...["--quiet", "--no-prompt", "--no-remote", "--no-npm", "--no-code-cache"],
    ...["--config", `${root}/deno.json`, "-P=helper"],
    ...[`--allow-read=${directory}`, `--allow-write=${directory}`],
    `${root}/${program}`,
  ];
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
