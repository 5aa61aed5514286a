/**
 * Shows what helpers do, live in a terminal: `virtfs-top`.
 *
 * It reads the files that helpers write with `--metrics-file`, and may do nothing
 * else.
 *
 * @module
 */
import { VERSION } from "../src/version.ts";
import { isEnding } from "./program/clean_up.ts";
import { parse, runProgram, UsageError } from "./program/main.ts";
import { say } from "./program/output.ts";
import { ASCII, UNICODE } from "./top/bars.ts";
import type { Frame } from "./top/frame.ts";
import { adviceText, nothingText } from "./top/notes.ts";
import { Pages } from "./top/pages.ts";
import { isSort, type Sort, SORTS } from "./top/rows.ts";
import { Screen, terminalSize } from "./top/screen.ts";
import { printed } from "./top/text.ts";
import { DEFAULT_DIRECTORY, Watch } from "./top/watch.ts";

const USAGE = `Usage: virtfs-top [OPTION]... [FILE|DIRECTORY]...

Shows what helpers do: requests a second, how long they take, errors, bytes.
Reads the files that helpers write with --metrics-file, FILEs or those of the
DIRECTORIES; without any, those in ${DEFAULT_DIRECTORY}.
One FILE is shown in detail, everything else as a list, a share a line.
Where stdout is no terminal, it prints what it sees once.

  -i, --interval=SECONDS  how often to look (1)
  -s, --sort=KEY          ${SORTS.slice(0, 4).join(", ")},
                          ${SORTS.slice(4).join(" or ")} (requests)
      --once              wait until the helpers have written anew, 10 seconds
                          at most, print what they do and end
      --ascii             bars of # and -, for terminals without blocks
  -h, --help              show this and exit
      --version           show the version and exit

  NO_COLOR=1              no colours`;

/** For rates, with --once, in ms: a helper writes every 5 seconds if it was told nothing else. */
const LONGEST_WAIT = 10_000;

interface Options {
  readonly places: readonly string[];
  /** In ms. */
  readonly interval: number;
  readonly sort: Sort;
  readonly once: boolean;
  readonly ascii: boolean;
}

await runProgram(USAGE, async (args) => {
  const options = readOptions(args);
  if (options === undefined) {
    say(`virtfs-top ${VERSION}`);
    return 0;
  }
  const watch = new Watch(options.places);
  watch.look(Date.now());
  if (
    watch.entries.length === 0 &&
    watch.troubles.length === options.places.length
  ) throw new Error(adviceText(watch.troubles));
  const [place] = options.places;
  const isFile = options.places.length === 1 &&
    watch.entries.some(({ path }) => path === place);
  const pages = new Pages(watch, options.sort, isFile ? place : undefined);
  return options.once || !Deno.stdout.isTerminal()
    ? await printOnce(watch, pages, options)
    : await live(watch, pages, options);
});

function readOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parse({
    args: [...args],
    options: {
      interval: { type: "string", short: "i", default: "1" },
      sort: { type: "string", short: "s", default: "requests" },
      once: { type: "boolean", default: false },
      ascii: { type: "boolean", default: false },
      version: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  if (values.version) return undefined;
  const seconds = Number(values.interval);
  if (
    !/^[0-9.]+$/.test(values.interval) || !(seconds >= 0.1 && seconds <= 3600)
  ) {
    throw new UsageError(
      `Cannot look every ${JSON.stringify(values.interval)} seconds: ` +
        "--interval takes a number from 0.1 to 3600",
    );
  }
  if (!isSort(values.sort)) {
    throw new UsageError(
      `Cannot sort by ${JSON.stringify(values.sort)}: --sort takes ${
        SORTS.join(", ")
      }`,
    );
  }
  return {
    places: positionals.length > 0 ? positionals : [DEFAULT_DIRECTORY],
    interval: seconds * 1000,
    sort: values.sort,
    once: values.once,
    ascii: values.ascii,
  };
}

function frameOf(width: number, { ascii }: Options): Frame {
  return { width, blocks: ascii ? ASCII : UNICODE, now: Date.now() };
}

async function printOnce(
  watch: Watch,
  pages: Pages,
  options: Options,
): Promise<number> {
  if (watch.entries.length === 0) {
    throw new Error(nothingText(watch.places, 76));
  }
  const end = Date.now() + LONGEST_WAIT;
  for (let now = 0; now < end && !pages.isKnown(now = Date.now());) {
    await pause(200);
    watch.look(Date.now());
  }
  await Promise.race([watch.findDead(Date.now()), pause(1_000)]);
  const isTerminal = Deno.stdout.isTerminal();
  const width = isTerminal ? terminalSize().columns : 132;
  for (const line of pages.plain(frameOf(width, options))) {
    say(printed(line, isTerminal && !Deno.noColor, options.ascii).trimEnd());
  }
  const isWhole = watch.troubles.length === 0 &&
    watch.entries.every(({ fault }) => fault === undefined);
  return isWhole ? 0 : 1;
}

async function live(
  watch: Watch,
  pages: Pages,
  options: Options,
): Promise<number> {
  const draw = () => {
    const { columns, rows } = terminalSize();
    screen.show(pages.screen(frameOf(columns, options), rows), columns);
  };
  await using screen = new Screen(draw, options.ascii);
  const look = setInterval(() => {
    watch.look(Date.now());
    draw();
    void watch.findDead(Date.now());
  }, options.interval);
  draw();
  try {
    for await (const key of screen.keys()) {
      if (pages.press(key)) return 0;
      draw();
    }
    // Without a keyboard a signal ends it.
    while (!isEnding()) await pause(options.interval);
    return 0;
  } finally {
    clearInterval(look);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
