/**
 * What stands beside the figures, and does not change while the helper serves.
 *
 * @module
 */
import type { Property } from "../jail/property.ts";

/** Of one process. */
export interface Facts {
  readonly program: string;
  readonly version: string;
  /** The path that is exported. */
  readonly share: string;
  /** When it began to serve, in ms since 1970. */
  readonly started: number;
  /** Whether what the guest reads and writes goes through the helper. */
  readonly carriesData: boolean;
  /** How long what has changed may stay unwritten, in seconds. */
  readonly interval: number;
  /** What the jail is. */
  readonly sandbox: readonly Property[];
}
