/**
 * Lets a guest work on a share that this helper serves, and on one that QEMU's
 * own serves, several times in turns, and compares what the helpers needed.
 *
 * @module
 */
import { openLibc } from "../ffi/libc.ts";
import { Clock } from "./bench/clock.ts";
import { type PhaseTime, runGuest } from "./bench/guest.ts";
import { compareGuests, guestTable } from "./bench/guest_table.ts";
import { count, ORIGINAL } from "./bench/options.ts";
import { LOAD_SYMBOLS } from "./bench/symbols.ts";
import { needParts, needProgram, type Parts } from "./guest/programs.ts";
import { TemporaryDirectory } from "./program/clean_up.ts";
import { parse, runProgram } from "./program/main.ts";
import { complain, say } from "./program/output.ts";

const USAGE = `Usage: deno task bench:guest [OPTION]...

  --runs N          guests on each helper, in turns (3)
  --files N         files that they work on (2000)
  --args ARGUMENTS  more arguments for this helper, separated by spaces
  --json FILE       write the results to FILE, which is in /var/tmp; with -
                    to stdout, and all else to stderr
  -h, --help        show this and exit`;

const LAUNCHER = new URL("virtfs-proxy-helper", import.meta.url).pathname;
/** A helper does not outlive who started it, either; and the set of grants runs this one. */
const START = ["setpriv", "--pdeathsig", "KILL"] as const;
const NAMES = ["ours", "theirs"] as const;
type Command = readonly [string, ...string[]];

await runProgram(USAGE, async (args) => {
  const options = parseOptions(args);
  if (Deno.uid() !== 0) {
    throw new Error("Cannot measure: both helpers need root's rights");
  }
  needProgram(ORIGINAL, "Debian 12: qemu-system-common");
  await bench(needParts(), options);
  return 0;
});

async function bench(parts: Parts, options: GuestBenchOptions): Promise<void> {
  const tell = options.json === "-" ? complain : say;
  tell(
    "QEMU emulates the guest's CPU (TCG): wall time is mostly the guest's own.",
  );
  const libc = openLibc(LOAD_SYMBOLS);
  const clock = new Clock(libc);
  const helpers: Command[] = [
    [...START, LAUNCHER, ...options.args],
    [...START, ORIGINAL],
  ];
  const runs: PhaseTime[][][] = helpers.map(() => []);
  for (let run = 0; run < options.runs; run++) {
    for (let turn = 0; turn < helpers.length; turn++) {
      const at = (run + turn) % helpers.length;
      await using directory = new TemporaryDirectory(
        "/var/tmp",
        "virtfs-bench-",
      );
      const helper = helpers[at]!, { files } = options;
      const times = await runGuest(clock, {
        parts,
        helper,
        directory: directory.path,
        files,
      });
      runs[at]!.push(times);
      tell(`${NAMES[at]}: ${told(times)}`);
    }
  }
  libc.close();
  const results = compareGuests(runs[0]!, runs[1]!);
  tell(`\n${guestTable(results)}`);
  const json = JSON.stringify(results, undefined, 2);
  if (options.json === "-") say(json);
  else if (options.json !== undefined) {
    Deno.writeTextFileSync(options.json, json + "\n");
  }
}

interface GuestBenchOptions {
  readonly runs: number;
  readonly files: number;
  readonly args: readonly string[];
  readonly json: string | undefined;
}

function parseOptions(args: readonly string[]): GuestBenchOptions {
  const { values } = parse({
    args: [...args],
    options: {
      runs: { type: "string", default: "3" },
      files: { type: "string", default: "2000" },
      args: { type: "string", default: "" },
      json: { type: "string" },
    },
  });
  return {
    runs: count("runs", values.runs),
    files: count("files", values.files),
    args: values.args.split(" ").filter((part) => part !== ""),
    json: values.json,
  };
}

function told(times: readonly PhaseTime[]): string {
  return times.map(({ phase, wall, cpu }) =>
    `${phase} ${wall.toFixed(1)} s, CPU ${cpu.toFixed(2)} s`
  ).join("; ");
}
