/**
 * What a round trip costs without a helper in it: below that nobody comes.
 *
 * @module
 */
import { frame } from "../../src/proxy/wire/encode.ts";
import { STAT_SIZE, T_SUCCESS } from "../../src/proxy/wire/protocol.ts";
import type { Arena } from "./arena.ts";
import { LoadClient, prepare, type Prepared } from "./load.ts";
import { type Peer, socketPair, startEcho, startPollingEcho } from "./peer.ts";
import { type Spread, spread } from "./statistics.ts";

/** Round trips in microseconds. */
export interface ClientCost {
  /** The client reads what it has written itself: nobody has to be woken. */
  readonly alone: Spread;
  /** `cat` sends everything back: a C program that does nothing but read, write and sleep. */
  readonly echo: Spread;
  /** An echo that polls and never sleeps: as fast as an answer can be, at the price of a CPU. */
  readonly polling: Spread;
}

const ROUNDS = 50, REQUESTS = 500;

/** Measures with what answers an LSTAT: its bytes go out and come back. */
export async function clientCost(arena: Arena): Promise<ClientCost> {
  const { libc } = arena;
  const request = prepare(
    libc,
    "an echo",
    frame(T_SUCCESS, new Uint8Array(STAT_SIZE)),
  );
  const [writing, reading] = socketPair(libc);
  const alone = new LoadClient(libc, writing, reading);
  try {
    return {
      alone: cost(arena, alone, request),
      echo: await withPeer(startEcho(libc)),
      polling: await withPeer(startPollingEcho(libc)),
    };
  } finally {
    alone.close();
  }

  async function withPeer(peer: Peer): Promise<Spread> {
    try {
      return cost(arena, peer.client, request);
    } finally {
      await peer.stop();
    }
  }
}

function cost({ clock }: Arena, client: LoadClient, request: Prepared): Spread {
  const rounds = new Float64Array(ROUNDS);
  for (let round = -1; round < ROUNDS; round++) {
    let sum = 0;
    for (let n = 0; n < REQUESTS; n++) {
      const start = clock.now();
      client.ask(request);
      sum += clock.now() - start;
    }
    // The first one is for the compiler.
    if (round >= 0) rounds[round] = sum / REQUESTS / 1000;
  }
  return spread(rounds);
}
