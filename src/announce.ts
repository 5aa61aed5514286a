/**
 * The first lines of the log: what is served, on which socket, by which
 * version, and the properties of the sandbox.
 *
 * @module
 */
import {
  type Property,
  sandboxFields,
  summarizeProperty,
} from "./jail/property.ts";
import type { Log } from "./log/log.ts";
import { VERSION } from "./version.ts";

interface Announced {
  /** The name of the program. */
  readonly program: string;
  /** The export's absolute name. */
  readonly name: string;
  readonly readOnly: boolean;
}

/** Logs, at the start, that the helper serves, or listens for a client. */
export function announceStart(
  log: Log,
  what: "Listening for" | "Serving",
  socket: string,
  announced: Announced,
): void {
  const message = describe(what, announced);
  log.info(`${message} on ${socket} (${announced.program} ${VERSION})`, {
    message,
    path: announced.name,
    readOnly: announced.readOnly,
    socket,
    version: VERSION,
  });
}

/** Logs that the client has come for which the helper has listened. */
export function announceServing(log: Log, announced: Announced): void {
  const message = describe("Serving", announced);
  log.info(message, { path: announced.name, readOnly: announced.readOnly });
}

/** Logs the sandbox in one message: syslog's socket may queue only ten (net.unix.max_dgram_qlen). */
export function announceSandbox(
  log: Log,
  properties: readonly Property[],
): void {
  log.info(`Sandbox: ${properties.map(summarizeProperty).join("; ")}`, {
    message: "Sandbox",
    ...sandboxFields(properties),
  });
}

function describe(what: string, { name, readOnly }: Announced): string {
  return `${what} ${name}${readOnly ? ", read-only" : ""}`;
}
