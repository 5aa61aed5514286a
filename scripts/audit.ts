/**
 * Audits deno.json: runs the programs of this checkout, listens to what they
 * ask Deno for, and fails on a grant that none of them uses.
 *
 * @module
 */
import { parseLog } from "./audit/collect.ts";
import { type Evidence, judge, type Line } from "./audit/judge.ts";
import { LOADS } from "./audit/loads.ts";
import {
  type Manifest,
  type PermissionSet,
  permissionSets,
} from "./audit/manifest.ts";
import { WIDE } from "./audit/reasons.ts";
import { judgeTasks } from "./audit/tasks.ts";
import { summary, tell } from "./audit/report.ts";
import { parse, runProgram } from "./program/main.ts";
import { say } from "./program/output.ts";
import { testNeeds } from "./audit/test_load.ts";
import { Yard } from "./audit/yard.ts";

const USAGE = `Usage: deno task audit [OPTION]...

Says of every permission that deno.json grants whether it is used, and fails on
one that is not. Takes minutes.

  --set=NAME       only this set; may be repeated
  --log=FILE       what HELPER_TEST_AUDIT=FILE deno task test has written: what
                   all tests have asked for; without it a few tests are run
  --manifest=FILE  instead of deno.json
  -h, --help       show this and exit`;

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

if (import.meta.main) await runProgram(USAGE, main);

interface Order {
  readonly log: string | undefined;
  readonly manifest: string;
  /** Empty for all. */
  readonly sets: readonly string[];
}

function parseArguments(args: readonly string[]): Order {
  const { values } = parse({
    args: [...args],
    options: {
      log: { type: "string" },
      manifest: { type: "string", default: `${ROOT}/deno.json` },
      set: { type: "string", multiple: true, default: [] },
    },
  });
  return { log: values.log, manifest: values.manifest, sets: values.set };
}

async function main(args: readonly string[]): Promise<number> {
  const lines = await audit(parseArguments(args));
  for (const line of lines) say(tell(line));
  say(summary(lines));
  // CI has all that it takes to judge everything.
  const bad = Deno.env.get("CI") === "true" ? ["FAIL", "open"] : ["FAIL"];
  return lines.some(({ verdict }) => bad.includes(verdict)) ? 1 : 0;
}

async function audit(order: Order): Promise<Line[]> {
  const text = Deno.readTextFileSync(order.manifest);
  const manifest = JSON.parse(text) as Manifest;
  const all = permissionSets(manifest);
  const sets = all.filter(({ name }) =>
    order.sets.length === 0 || order.sets.includes(name)
  );
  await using yard = new Yard(text, ROOT);
  const evidence = await collect(yard, sets, order.log);
  return [
    ...sets.flatMap(({ name, grants, denials }) =>
      Object.entries(evidence[name]?.added ?? { [name]: [] }).flatMap((
        [form, added],
      ) =>
        judge(
          { name: form, grants: [...grants, ...added], denials },
          evidence[name],
          {
            // The log of all tests comes from the checkout itself.
            root: name === "test" && order.log ? ROOT : yard.root,
            wide: WIDE,
          },
        )
      )
    ),
    ...order.sets.length === 0 ? judgeTasks(manifest, all) : [],
  ];
}

/** Runs what uses the sets. A set that is used by nothing known has no evidence. */
async function collect(
  yard: Yard,
  sets: readonly PermissionSet[],
  log: string | undefined,
): Promise<Record<string, Evidence>> {
  const evidence: Record<string, Evidence> = {};
  for (const load of LOADS) {
    if (!load.sets.some((name) => sets.some((set) => set.name === name))) {
      continue;
    }
    if (log !== undefined && load.sets.includes("test")) {
      evidence.test = {
        asks: parseLog(Deno.readTextFileSync(log)),
        needed: await testNeeds(yard),
      };
    } else Object.assign(evidence, await load.run(yard));
  }
  return evidence;
}
