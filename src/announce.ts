/**
 * The first lines of the log: what is served, where, by which version, and what
 * the sandbox is.
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

/** The name of the program, for people and for `ps`. */
export const PROGRAM = "virtfs-proxy-helper";

/** What is announced. */
export interface Announced {
  /** The export's absolute name. */
  readonly name: string;
  readonly readOnly: boolean;
}

/** Says once, at the start, what is served or waited for, and on which socket. */
export function announceStart(
  log: Log,
  what: "Listening for" | "Serving",
  socket: string,
  announced: Announced,
): void {
  const message = describe(what, announced);
  log.info(`${message} on ${socket} (${PROGRAM} ${VERSION})`, {
    message,
    path: announced.name,
    readOnly: announced.readOnly,
    socket,
    version: VERSION,
  });
}

/** Says that the one who was waited for is served. */
export function announceServing(log: Log, announced: Announced): void {
  const message = describe("Serving", announced);
  log.info(message, { path: announced.name, readOnly: announced.readOnly });
}

/** Says what the sandbox is: in one message, as syslog's socket may have room for ten until somebody reads. */
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
