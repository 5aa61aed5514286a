/**
 * The options of the jail. Types and values only, so that the command line can
 * use them without loading the jail.
 *
 * @module
 */
import type { CapabilityBits } from "../../ffi/capabilities.ts";
import { SEVEN } from "../identity.ts";
import type { IdMappingOption } from "./id_mapping.ts";

/**
 * What a forbidden system call does: kills the process, is only logged, fails
 * with EPERM, or raises SIGSYS. With `none` there is no filter.
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

/** The options of the jail. */
export interface JailOptions {
  readonly readOnly: boolean;
  /** Which ids the guest has; undefined for all, not mapped. */
  readonly ids: IdMappingOption | undefined;
  /** The capabilities that the main thread keeps. */
  readonly capabilities: CapabilityBits;
  readonly seccomp: SeccompAction;
  /** The limit of open files; undefined for a default. */
  readonly files?: FileLimit | undefined;
}

/** RLIMIT_NOFILE. */
export interface FileLimit {
  readonly count: number;
  /** Whether the start fails if the limit can't be had; else the highest is taken that can. */
  readonly required: boolean;
}

/** What a front end's requests need of the jail. */
export interface JailNeeds {
  /** Whether descriptor N has to be the file "N" of the working directory. */
  readonly descriptorDirectory: boolean;
  /** Whether descriptors of files are passed to the peer, who can go on from there. */
  readonly passesFiles: boolean;
  /** With a lower limit of open files no request could be served. */
  readonly fewestFiles: number;
}

/** The jail without any option. */
export const DEFAULT_JAIL: JailOptions = {
  readOnly: false,
  ids: undefined,
  capabilities: SEVEN,
  seccomp: "kill",
};
