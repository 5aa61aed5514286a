/**
 * Options that are taken and change nothing, as who uses virtiofsd gives them and
 * no harm is in doing without, and options that are deprecated. The log says so.
 *
 * @module
 */
import type { Values } from "./parse.ts";

/** A sentence for each. */
export function withoutEffect(values: Values): string[] {
  const {
    "thread-pool-size": threads,
    "inode-file-handles": handles,
  } = values;
  const migrates = [
    "migration-mode",
    "migration-on-error",
    "migration-verify-handles",
    "migration-confirm-paths",
  ] as const;
  const reasons: readonly (readonly [boolean, string])[] = [
    [
      values.foreground === true,
      "-f has no effect: it is always in the foreground",
    ],
    [
      values.compat !== undefined,
      "-o is deprecated: its words have options of their own",
    ],
    [
      values.socket !== undefined,
      "--socket is deprecated: it is called --socket-path",
    ],
    [
      threads !== undefined && Number(threads) > 1,
      `--thread-pool-size ${threads} has no effect: one thread serves all requests`,
    ],
    [
      values.sandbox !== undefined && values.sandbox !== "namespace",
      `--sandbox ${values.sandbox} has no effect: there is one jail, and it is always used`,
    ],
    [
      handles !== undefined && handles !== "never",
      `--inode-file-handles=${handles} has no effect: each inode that the guest knows is kept open, up to --rlimit-nofile`,
    ],
    [
      values.writeback === true,
      "--writeback has no effect: the guest writes through",
    ],
    [
      migrates.some((name) => values[name] !== undefined),
      "--migration-… has no effect: the VM can't be migrated",
    ],
  ];
  return reasons.filter(([given]) => given).map(([, reason]) => reason);
}
