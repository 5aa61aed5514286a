/**
 * Races: a process of the host that changes names, and a guest that asks
 * meanwhile.
 *
 * @module
 */
import type {
  Answer,
  Request,
} from "../../../src/vhost_user_fs/client/request.ts";
import type { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import { race as raceOf } from "../../support/attack_race.ts";

/** How often each race is run at least. */
const ROUNDS = 1500;
/** As many requests as a session has room for at once. */
const AT_ONCE = 6;

/** A race as those of the other program, of {@linkcode ROUNDS}. */
export function race(
  changes: readonly string[],
  round: (number: number) => void,
  met: () => boolean,
): Promise<number> {
  return raceOf(changes, round, met, ROUNDS);
}

/** Sends requests at once, as many as fit, so that they fall into one race. Returns the answers in order. */
export function volley(
  session: FuseSession,
  requests: readonly Request<unknown>[],
): Answer<unknown>[] {
  const answers: Answer<unknown>[] = [];
  for (let at = 0; at < requests.length; at += AT_ONCE) {
    const some = requests.slice(at, at + AT_ONCE).map((request) =>
      session.send(request)
    );
    const { ring } = some[0]!;
    session.kick(ring);
    for (const _ of some) answers.push(session.next(ring)[1]);
  }
  return answers;
}
