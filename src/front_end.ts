/**
 * What a protocol has to bring. Everything else is shared: the start, the jail,
 * the log, listening, waiting.
 *
 * @module
 */
import type { Libc } from "../ffi/libc.ts";
import type { MountCalls } from "../ffi/mounts.ts";
import type { Identity } from "./identity.ts";
import type { JailNeeds } from "./jail/options.ts";
import type { Rule } from "./jail/seccomp/rule.ts";
import type { Log } from "./log/log.ts";
import type { Figures } from "./metrics/figures.ts";
import type { Waiter } from "./polling/waiter.ts";
import type { Stop } from "./process/stop.ts";
import type { SharedSymbols } from "./symbols.ts";

/** A protocol that a connection is served by. */
export interface FrontEnd {
  /** The name of the program, for people and for `ps`. */
  readonly program: string;
  /** What its requests need of the jail. */
  readonly jail: JailNeeds;
  /** The system calls of its requests. */
  readonly rules: readonly Rule[];
  /** The names of its requests by their numbers; 0 is none. */
  readonly requests: readonly (string | undefined)[];
  /** Whether what is read and written goes through the helper. */
  readonly carriesData: boolean;
  /** Binds libc: what the program needs, and what its requests call. */
  bind(): BoundFrontEnd;
}

/** A front end that can call libc. */
export interface BoundFrontEnd {
  readonly libc: Libc<SharedSymbols>;
  /** Serves the peer behind `fd` in the jail, and closes it. */
  serve(fd: number, parts: ServingParts): Promise<Ending>;
}

/** Why serving has ended. */
export type Ending =
  /** The peer closed the connection. */
  | "closed"
  /** {@linkcode Stop} was asked for. */
  | "stopped"
  /** The peer broke the protocol. */
  | "violation"
  /** The helper can't go on safely. */
  | "broken";

/** What a connection is served with. */
export interface ServingParts {
  readonly mounts: MountCalls;
  /** Acts as the owner of what a request creates. */
  readonly identity: Identity;
  readonly waiter: Waiter;
  readonly stop: Stop;
  readonly log: Log;
  /** Where requests are counted. */
  readonly figures: Figures;
  /** Whether nothing in the export may be changed. */
  readonly readOnly: boolean;
  /** Whether devices may be made. */
  readonly devices: boolean;
  /** Whether the ids of the export are mapped. */
  readonly mappedIds: boolean;
  /** Whether the export is mounted so that no device can be opened. */
  readonly devicesBarred: boolean;
  /** How long to poll for a request at most, in ns. */
  readonly pollMax: number;
  /** A descriptor of the root directory. */
  readonly root: number;
  /** How many files the process may have open, RLIMIT_NOFILE. */
  readonly maxFiles: number;
}
