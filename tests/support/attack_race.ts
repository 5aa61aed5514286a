/**
 * Races: a process that changes names, and a client that asks meanwhile.
 *
 * @module
 */
import { equal, ok } from "node:assert/strict";
import { LIBC_CANDIDATES } from "../../ffi/libc.ts";
import type { Answer, Client } from "../../src/proxy/client/client.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import type {
  RequestFields,
  RequestName,
} from "../../src/proxy/wire/protocol.ts";

/** How often each race is run at least. */
export const ROUNDS = 10_000;
/** And at most so many times that, until it is one: a racer may get no processor for a while, or spend its time where nothing shows. */
const MOST = 50;

const PROGRAM = new URL("./attack_racer.ts", import.meta.url).pathname;
const NOTHING = new Uint8Array();

/** A racer that runs. */
interface Racer extends AsyncDisposable {
  /** Ends it; the names mean what they meant before. Returns how often they did not. */
  stop(): Promise<number>;
}

/** Starts {@linkcode ./attack_racer.ts} and waits until it is at work. */
export async function startRacer(...args: readonly string[]): Promise<Racer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-config"],
      `--allow-ffi=${LIBC_CANDIDATES.join(",")}`,
      PROGRAM,
      ...args,
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const printed = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  equal((await printed.read()).value, "racing\n");
  let ended: Promise<number> | undefined;
  const end = async (): Promise<number> => {
    await child.stdin.close();
    const rounds = Number((await printed.read()).value);
    // To the end, or the stream stays open.
    equal((await printed.read()).done, true);
    equal((await child.status).code, 0);
    ok(rounds > 0, "The racer has done nothing");
    return rounds;
  };
  const stop = () => ended ??= end();
  return {
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/**
 * Plays `round` while a racer with these arguments is at work, so often that
 * the race is one, which `met` tells. Returns how often the names changed.
 *
 * @param least how often at least
 */
export async function race(
  changes: readonly string[],
  round: (number: number) => void,
  met: () => boolean = () => true,
  least = ROUNDS,
): Promise<number> {
  await using racer = await startRacer(...changes);
  const most = MOST * least;
  for (let number = 0; number < least || number < most && !met(); number++) {
    round(number);
  }
  ok(met(), "There was no race");
  return await racer.stop();
}

/** One request, ready to be sent. */
export interface Shot {
  readonly name: RequestName;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Prepares a request. */
export function shot<N extends RequestName>(
  name: N,
  fields: RequestFields<N>,
): Shot {
  return { name, bytes: encodeRequest(name, fields) };
}

/** Sends all of `shots` at once and hands each answer on, in order; so that many requests fall into one race. */
export function volley(
  client: Client,
  shots: readonly Shot[],
  take: (answer: Answer<unknown>, shot: Shot) => void,
): void {
  client.connection.send(
    new Uint8Array(shots.flatMap(({ bytes }) => [...bytes])),
  );
  for (const shot of shots) take(client.raw(shot.name, NOTHING), shot);
}
