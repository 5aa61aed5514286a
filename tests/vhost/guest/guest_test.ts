/**
 * Real guests work in a share by virtiofs: the work of the proxy driver's guests,
 * and what virtiofs has besides.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import {
  differences,
  leftBehind,
  leftOfThousand,
} from "../../guest/expected.ts";
import { shell } from "../../support/processes.ts";
import { lacking } from "../../support/requirements.ts";
import {
  type MachineRun,
  type Meanwhile,
  partsOf,
  type Release,
  runMachine,
  type RunningMachine,
} from "../support/machine.ts";
import { expectGoodEnd, linesOf } from "./expect.ts";
import { byTopic, printed, UPPER } from "./own.ts";

const machine = ["root", "qemu", "kernel", "busybox", "attr", "perl"] as const;
const here = lacking(...machine, "git", "sqlite");

/** Fewer than the 100,000 that `REQUESTS=100000` makes: under emulation those take minutes. */
const FILES = Number(Deno.env.get("REQUESTS") ?? 20_000);

/** Both cache policies, one in each guest. */
const GUESTS: readonly {
  readonly release: Release;
  readonly cache: string;
}[] = [
  { release: "installed", cache: "auto" },
  { release: "trixie", cache: "never" },
];

for (const { release, cache } of GUESTS) {
  const ignore = here.length > 0 || partsOf(release) === undefined;

  Deno.test({
    name: `a guest does the work of the proxy driver's guests, with ` +
      `--cache=${cache} (${release})`,
    ignore,
    async fn() {
      const run = await work(release, [`--cache=${cache}`], {
        EVERYBODY: "yes",
      });
      const expected = [
        "8192 | d 755 0:0",
        ...leftBehind(8192, "root"),
        ...leftBehind(8192, "user"),
        ...leftOfThousand("8192/user"),
      ];
      deepEqual(differences(run.tree, expected.sort()), []);
      equal(linesOf(run, "everybody").length > 1000, true);
      expectGoodEnd(run);
    },
  });

  Deno.test({
    name:
      "a guest maps files, makes some without names, locks, has ACLs, overlays, " +
      `and uses git, SQLite and ${FILES} files (${release})`,
    ignore,
    async fn() {
      let seen = "";
      let host = "";
      const run = await work(
        release,
        ["--cache=auto", "--posix-acl"],
        { OWN: "yes", FILES: String(FILES) },
        {
          during: async (running) => {
            seen = await exchange(running);
          },
          afterwards: async (directory) => {
            host = await shell(ON_THE_HOST, `${directory}/own`);
          },
        },
      );
      equal(seen, "by the guest");
      const topics = byTopic(linesOf(run, "own"));
      for (const [topic, lines] of Object.entries(printed(FILES))) {
        deepEqual(topics[topic], lines, topic);
      }
      deepEqual(host.split("\n"), ["ok", "20|110", "second", "first", "75"]);
      const upper = run.tree.filter((line) => line.startsWith("own/upper"));
      equal(upper.length, UPPER.length, upper.join("\n"));
      UPPER.forEach((pattern, at) => match(upper[at]!, pattern));
      expectGoodEnd(run);
    },
  });
}

/** What the host finds in the guest's database and repositories. */
const ON_THE_HOST = `cd "$1"
  sqlite3 data.db 'pragma integrity_check; select count(*), sum(n) from numbers'
  git() { command git -c safe.directory='*' -C "$@"; }
  git repository fsck --full --no-progress
  git repository log --format=%s
  git clone ls-tree -r --name-only HEAD^ | wc -l`;

/** Does what the guest asks for: reads what it has written to a mapped file, and writes there. */
async function exchange(running: RunningMachine): Promise<string> {
  await running.says(/@@ ask mapped/);
  const directory = running.directory();
  const file = `${directory}/own/mapped`;
  const where = [4090, 4102] as const;
  const content = Deno.readFileSync(file);
  const seen = new TextDecoder().decode(content.subarray(...where));
  content.set(new TextEncoder().encode("by the host!"), where[0]);
  Deno.writeFileSync(file, content);
  Deno.writeTextFileSync(`${directory}/done-mapped`, "");
  return seen;
}

/** A guest does the parts of work.sh that variables name. */
function work(
  release: Release,
  args: readonly string[],
  variables: Record<string, string>,
  meanwhile: Meanwhile = {},
): Promise<MachineRun> {
  return runMachine({
    release,
    job: "work.sh",
    programs: ["perl", "git", "sqlite3"],
    variables,
    shares: [{ tag: "share", args: ["--xattr", ...args] }],
  }, meanwhile);
}
