/** Serving makes no garbage: what is thrown away has to be collected, and requests wait meanwhile. */
import { equal, ok } from "node:assert/strict";
import { startGuest } from "../../../scripts/bench/vhost/guest.ts";
import {
  makeFiles,
  OPERATIONS,
} from "../../../scripts/bench/vhost/operations.ts";
import { Host } from "../../support/host.ts";
import { switches } from "../../support/processes.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { workspace } from "../../support/workspace.ts";
import { HELPER } from "../support/helper.ts";

const test = testsThatNeed("root", "xattrs");

/** Garbage is collected as soon as there is a megabyte of it. */
const FLAGS = "--trace-gc,--max-semi-space-size=1";
/**
 * How often the rounds of the bench are done in a turn: some 20,000 requests of
 * a kind. Were one of them to leave a hundred bytes behind each time, or each of
 * them a number, garbage had to be collected in every turn.
 */
const ROUNDS = 40;
/** The event loop turns now and then, which makes garbage. It need not do so in each of these. */
const TURNS = 3;
/**
 * Where a request comes twenty milliseconds late, it is waited for on another
 * thread, and the event loop turns meanwhile: 2 KB of garbage each time. A turn
 * in which it was so more often than this tells nothing: the peer has had no
 * processor.
 */
const WAITS = 200;

test("requests of a guest make no garbage", async () => {
  using directory = workspace();
  const log = `${directory.path}/log`, share = `${directory.path}/share`;
  Deno.mkdirSync(share);
  makeFiles(share);
  const begun = performance.now();
  const guest = startGuest(
    [
      "sh",
      ...["-c", `exec "$@" >${log} 2>&1`, "sh"],
      ...["env", `DENO_V8_FLAGS=${FLAGS}`, HELPER],
    ],
    share,
    directory.path,
  );
  const runs = OPERATIONS.filter(({ times }) => times > 10)
    .map((operation) => ({ ...operation, ...operation.prepare(guest.desk) }));
  using host = new Host();
  const waits = () => switches(host, guest.pids[0]!, "others");
  const turn = (rounds: number) => {
    const before = waits(), from = performance.now() - begun;
    for (const { times, run } of runs) {
      for (let i = 0; i < times * rounds; i++) run();
    }
    return { from, to: performance.now() - begun, waits: waits() - before };
  };
  // Until all of it is compiled.
  turn(ROUNDS / 4);
  const turns = Array.from({ length: TURNS }, () => turn(ROUNDS));
  await guest.stop();
  // Of the young generation, which is where garbage is made; the runtime collects the rest by the clock.
  const collections = [
    ...Deno.readTextFileSync(log).matchAll(/ (\d+) ms: Scavenge/g),
  ].map(([, ms]) => Number(ms));
  ok(collections.length > 0, "the runtime tells of no collection at all");
  const counts = turns.filter(({ waits }) => waits < WAITS)
    .map(({ from, to }) =>
      collections.filter((ms) => ms > from && ms < to).length
    );
  if (counts.length === 0) {
    console.log("The machine is too busy to tell garbage of requests");
    return;
  }
  equal(Math.min(...counts), 0, `${counts} collections`);
});
