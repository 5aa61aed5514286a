/**
 * What can be asked of the jail. Values only: the command line knows it, too.
 *
 * @module
 */
import type { CapabilityBits } from "../../ffi/capabilities.ts";
import { SEVEN } from "../identity.ts";
import type { IdMappingOption } from "./id_mapping.ts";

/**
 * What happens to a thread that makes a system call which is not on the list:
 * its process is killed, the call is only logged, fails with EPERM, or raises
 * SIGSYS. `none` filters nothing.
 */
export const SECCOMP_ACTIONS = [
  "kill",
  "log",
  "errno",
  "trap",
  "none",
] as const;

/** See {@linkcode SECCOMP_ACTIONS}. */
export type SeccompAction = (typeof SECCOMP_ACTIONS)[number];

/** How the jail is to differ from the ordinary one. */
export interface JailOptions {
  readonly readOnly: boolean;
  /** Which ids the guest has; undefined for all, unmapped. */
  readonly ids: IdMappingOption | undefined;
  /** What the main thread keeps. */
  readonly capabilities: CapabilityBits;
  readonly seccomp: SeccompAction;
}

/** The jail where nothing else is asked for. */
export const DEFAULT_JAIL: JailOptions = {
  readOnly: false,
  ids: undefined,
  capabilities: SEVEN,
  seccomp: "kill",
};
