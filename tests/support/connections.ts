/**
 * Connections that wait for an answer as long as tests wait for anything: a
 * helper that has to start first takes its time on a busy machine.
 *
 * @module
 */
import { Connection } from "../../src/proxy/client/connection.ts";
import { LIMIT_MS } from "./processes.ts";

const LIMIT_S = LIMIT_MS / 1000;

/** See {@linkcode Connection.pair}. */
export function connectionPair(): ReturnType<typeof Connection.pair> {
  return Connection.pair(LIMIT_S);
}

/** See {@linkcode Connection.connect}. */
export function connectTo(path: string): Connection {
  return Connection.connect(path, LIMIT_S);
}
