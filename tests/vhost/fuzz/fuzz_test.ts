/**
 * Random requests of a hostile guest, for a minute.
 *
 * `REQUESTS=1000000` makes so many instead. What goes wrong prints a seed:
 * `SEED=1234` plays that piece again, alone.
 */
import { deepEqual } from "node:assert/strict";
import * as m from "../../../src/vhost_user_fs/client/messages.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { Random } from "../../differential/random.ts";
import { lookAt } from "../../support/attack.ts";
import { lacking } from "../../support/requirements.ts";
import {
  type Attack,
  type AttackOptions,
  NEEDS,
  play,
} from "../support/attack.ts";
import { isThere } from "../support/each_server.ts";
import { Fuzzer } from "./fuzzer.ts";

const MINUTE_MS = 50_000;
/** Chains of one piece, which a seed stands for: one program, one tree. */
const PIECE = 50_000;
/** After so many rounds the VMM interferes, and the guest breaks a ring and mounts anew. */
const INTERFERE = 20, MOUNT = 200;

/** How the program is started, and what the guest does: by the seed. */
const WAYS: readonly (AttackOptions & { readonly scribbles?: true })[] = [
  {},
  { cache: "always", killprivV2: true },
  { readOnly: true, prepare: makeTree },
  { cache: "never", args: ["--allow-direct-io", "--modcaps=-mknod"] },
  { xattr: false, cache: "metadata", args: ["--announce-submounts"] },
  { scribbles: true },
  { args: ["--posix-acl=auto", "--modcaps=+setfcap"] },
  { frontEnd: { requestQueues: 3, ring: { eventIdx: false } } },
  { frontEnd: { without: [m.PROTOCOL_CONFIGURE_MEM_SLOTS] } },
];

const given = Deno.env.get("SEED") || undefined;
const wanted = Number(Deno.env.get("REQUESTS") || 0);

Deno.test({
  name: "random requests, chains and indices of a hostile guest",
  ignore: lacking(...NEEDS).length > 0 || !isThere("ours"),
  async fn() {
    const started = performance.now();
    const enough = () =>
      given !== undefined ||
      (wanted > 0 ? chains >= wanted : performance.now() - started > MINUTE_MS);
    let chains = 0;
    do {
      const seed = given === undefined
        ? crypto.getRandomValues(new Uint32Array(1))[0]!
        : Number(given);
      console.log(`SEED=${seed}`);
      const way = WAYS[seed % WAYS.length]!;
      await play((attack) => {
        chains += fuzz(attack, new Random(seed), way);
      }, way);
    } while (!enough());
    console.log(`${chains} chains`);
  },
});

/** What there is to find where nothing can be made. */
function makeTree(
  { host, export: top }: Pick<Attack, "host" | "export">,
): void {
  for (const path of [top, `${top}/directory`]) {
    Deno.mkdirSync(path, { recursive: true });
    for (const name of ["a", "b", "file"]) {
      Deno.writeTextFileSync(`${path}/${name}`, "x".repeat(5000));
    }
    host.symlink("file", `${path}/c`);
  }
}

function fuzz(
  attack: Attack,
  random: Random,
  { readOnly, scribbles }: (typeof WAYS)[number],
): number {
  const { frontEnd, session, isSecret, host, export: top } = attack;
  const fuzzer = new Fuzzer(frontEnd, random, isSecret, scribbles);
  const { counts, kinds } = fuzzer;
  const before = readOnly ? lookAt(host, top) : undefined;
  for (let round = 1; counts.answers < PIECE; round++) {
    fuzzer.round();
    if (round % INTERFERE === 0) fuzzer.interfere();
    if (round % MOUNT !== 0) continue;
    fuzzer.break();
    session.must(init());
    session.must(getattr(ROOT));
    fuzzer.forget();
  }
  if (readOnly) deepEqual(lookAt(host, top), before);
  const all = [...kinds].sort().map(([kind, count]) => `${kind} ${count}`);
  console.log(`${JSON.stringify(counts)} ${all.join(", ")}`);
  return counts.answers;
}
