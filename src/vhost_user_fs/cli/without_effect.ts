/**
 * Options that are taken and change nothing: who uses virtiofsd gives them, and
 * no harm is in doing without. The log says so once.
 *
 * @module
 */
import type { Values } from "./parse.ts";

/** Each with the reason. */
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
    [values.foreground === true, "-f (it is always in the foreground)"],
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
      `--thread-pool-size ${threads} (one thread serves all requests)`,
    ],
    [
      values.sandbox !== undefined && values.sandbox !== "namespace",
      `--sandbox ${values.sandbox} (there is one jail, and it is always used)`,
    ],
    [
      handles !== undefined && handles !== "never",
      `--inode-file-handles=${handles} (each inode that the guest knows is kept open, up to --rlimit-nofile)`,
    ],
    [
      values.writeback === true,
      "--writeback (the guest writes through)",
    ],
    [
      migrates.some((name) => values[name] !== undefined),
      "--migration-… (the VM can't be migrated)",
    ],
  ];
  return reasons.filter(([given]) => given).map(([, reason]) => reason);
}
