/**
 * What a test finds out about a back end over its connection: how it acknowledges a message, and whether it still serves.
 *
 * @module
 */
import { GET_FEATURES } from "../../../src/vhost_user_fs/client/messages.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { BackEndError } from "../../../src/vhost_user_fs/client/system.ts";
import { GONE } from "../differences.ts";
import { outcome, type Trial } from "./each_server.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Sends a message that wants an acknowledgement: `ok`, `refused`, or how it ended otherwise. */
export function acknowledgement(
  { frontEnd: { connection } }: Pick<Trial, "frontEnd">,
  request: number,
  payload: Bytes = new Uint8Array(0),
  fds: readonly number[] = [],
): string {
  try {
    const word = connection.acknowledged(request, payload, fds);
    return word === 0n ? "ok" : "refused";
  } catch (error) {
    return failureOf(error);
  }
}

/** Why there was no answer: `no answer` in time, or the back end is gone. */
export function failureOf(error: unknown): string {
  if (!(error instanceof BackEndError)) throw error;
  return error.message.includes("no answer in time") ? "no answer" : GONE;
}

/** Whether requests are still served: `done`, or what happens instead. */
export function served(trial: Pick<Trial, "session">): string {
  try {
    return outcome(trial.session.ask(getattr(ROOT)));
  } catch (error) {
    return failureOf(error);
  }
}

/** Whether messages are still answered, and no more than that. */
export function inStep({ frontEnd }: Pick<Trial, "frontEnd">): string {
  try {
    const offered = frontEnd.connection.askWord(GET_FEATURES);
    if (frontEnd.connection.hasInput(0)) return "too many answers";
    return offered === frontEnd.offered ? "in step" : "another answer";
  } catch (error) {
    return failureOf(error);
  }
}
