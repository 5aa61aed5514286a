/**
 * Random requests, played on ours and on virtiofsd 1.13 in equal trees.
 *
 * `REQUESTS=100000` plays more. A difference prints a seed: `SEED=1234/7` plays
 * that sequence again, alone.
 */
import { deepEqual, fail } from "node:assert/strict";
import {
  INIT,
  init,
  KERNELS,
} from "../../../src/vhost_user_fs/client/requests/session.ts";
import { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import { Random } from "../../differential/random.ts";
import { hostView } from "../../support/host_view.ts";
import { lacking } from "../../support/requirements.ts";
import { workspace } from "../../support/workspace.ts";
import {
  type RunningServer,
  type Server,
  startServer,
} from "../support/servers.ts";
import { isThere } from "../support/each_server.ts";
import { sameAnswers } from "./differences.ts";
import { generate } from "./generator.ts";
import { Side } from "./side.ts";
import type { Step } from "./step.ts";

const LENGTH = 500;
const HISTORY = 15;

const total = Number(Deno.env.get("REQUESTS") || 10_000);
const [given, only] = (Deno.env.get("SEED") ?? "").split("/");
const seed = given
  ? Number(given)
  : crypto.getRandomValues(new Uint32Array(1))[0]!;

/** As long as there is none of ours, virtiofsd is played against itself: the same requests must have the same answers. */
const PAIR: readonly [Server, Server] = isThere("ours")
  ? ["ours", "1.13"]
  : ["1.13", "1.13"];

Deno.test({
  name: `random requests have the same answers on ${
    PAIR.join(" and ")
  }, and leave the same trees`,
  ignore: lacking("root", "attr", "xattrs").length > 0 || !isThere("1.13"),
  async fn() {
    console.log(`SEED=${seed} REQUESTS=${total}`);
    const seeds = new Random(seed);
    const counts = new Map<string, number>();
    for (let index = 0; index * LENGTH < total; index++) {
      const random = new Random(seeds.seed());
      if (only !== undefined && Number(only) !== index) continue;
      await play(
        generate(
          random,
          Math.min(LENGTH, total - index * LENGTH),
          index % 3 === 1,
        ),
        index,
        counts,
      );
    }
    const kinds = [...counts].sort().map(([kind, count]) => `${kind} ${count}`);
    console.log(kinds.join(", "));
  },
});

async function play(
  steps: readonly Step[],
  sequence: number,
  counts: Map<string, number>,
): Promise<void> {
  using places = workspace();
  const roots = PAIR.map((_, index) => {
    const path = `${places.path}/${index}`;
    Deno.mkdirSync(`${path}/share`, { recursive: true });
    Deno.chmodSync(`${path}/share`, 0o777);
    return path;
  });
  const again = `SEED=${seed}/${sequence} REQUESTS=${total}`;
  // For root alone: once 1.13 has acted as a user, it clears set-id bits no more.
  const killprivV2 = sequence % 3 === 1;
  const start = (index: 0 | 1) =>
    startServer(PAIR[index], `${roots[index]}/share`, roots[index]!, {
      killprivV2,
    });
  await using first = start(0);
  await using second = start(1);
  const [one, other] = [mount(first), mount(second)];
  for (const [index, step] of steps.entries()) {
    const answers = [one, other].map((side) => answer(side, step));
    const kind = `${step.words.split(" ")[0]} ${answers[1]!.split(" ")[0]}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (sameAnswers(step.words, answers[0]!, answers[1]!)) continue;
    fail([
      `They part in sequence ${sequence}, at request ${index}`,
      `again: ${again}`,
      ...steps.slice(Math.max(0, index - HISTORY), index).map(({ words }) =>
        `  before: ${words}`
      ),
      `request: ${step.words}`,
      ...PAIR.map((server, which) => `  ${server}: ${answers[which]}`),
    ].join("\n"));
  }
  const trees = await Promise.all(
    roots.map((root) => hostView(`${root}/share`)),
  );
  deepEqual(trees[0], trees[1], `They part in their trees: ${again}`);
}

function mount({ frontEnd }: RunningServer): Side {
  frontEnd.start();
  const session = new FuseSession(frontEnd);
  // Without CREATE_SUPP_GROUP both have the right to write everywhere while they act as a user.
  const { flags } = session.must(init(KERNELS["6.1"]));
  const killpriv = (flags >> BigInt(INIT.HANDLE_KILLPRIV_V2) & 1n) === 1n;
  return new Side(session, killpriv);
}

function answer(side: Side, step: Step): string {
  try {
    return step.play(side);
  } catch (error) {
    return `${error}`;
  }
}
