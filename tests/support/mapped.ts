/**
 * A helper that maps ids, on a file system of its own.
 *
 * @module
 */
import type { Client } from "../../src/proxy/client/client.ts";
import type { Connection } from "../../src/proxy/client/connection.ts";
import { errnoName } from "../../ffi/errno.ts";
import { type FileSystemKind, mountNew } from "./file_systems.ts";
import { type RunningHelper, startHelper } from "./helpers.ts";
import { Host } from "./host.ts";

/** The host's id of the guest's root. */
export const FIRST = 100_000;
/** How many ids the guest has. */
export const COUNT = 65_536;
/** An id that the guest does not have. */
export const STRANGE = COUNT + 1000;
/** What a strange owner is seen as. */
export const NOBODY = 65_534;

/** Options for a guest whose ids 0 to 65535 are the host's from 100000 on. */
export const MAPPED: readonly string[] = [
  `--uid-map=0:${FIRST}:${COUNT}`,
  `--gid-map=0:${FIRST}:${COUNT}`,
];

/** What a test on mapped ids works with. */
interface MappedHarness {
  readonly client: Client;
  /** Closes what was passed. */
  readonly connection: Connection;
  readonly helper: RunningHelper;
  readonly host: Host;
  /** The export as the host sees it. */
  readonly path: string;
  /** `uid:gid mode` of a file, as the host sees it. */
  readonly onHost: (name: string) => string;
  /** The same as the guest sees it. */
  readonly inGuest: (name: string) => string;
}

/**
 * Runs `run` on a helper started with `args`, after `prepare` has filled the
 * export, which belongs to the guest's root; expects it to end well.
 */
export async function mapped(
  { kind = "ext4", args = MAPPED, prepare, run }: {
    readonly kind?: FileSystemKind;
    readonly args?: readonly string[];
    readonly prepare?: (host: Host, path: string) => void;
    readonly run: (harness: MappedHarness) => void | Promise<void>;
  },
): Promise<string> {
  using mount = mountNew(kind);
  using host = new Host();
  const path = `${mount.path}/export`;
  Deno.mkdirSync(path);
  Deno.chownSync(path, FIRST, FIRST);
  prepare?.(host, path);
  await using helper = await startHelper({ directory: path, args });
  const { client, connection } = helper;
  await run({
    client,
    connection,
    helper,
    host,
    path,
    onHost: (name) => owned(host.lstat(`${path}/${name}`)),
    inGuest: (name) => {
      const { value, errno } = client.lstat(`/${name}`);
      return value === undefined ? errnoName(errno) : owned(value);
    },
  });
  return await helper.finish();
}

function owned(
  { uid, gid, mode }: { uid: number; gid: number; mode: number },
): string {
  return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
}
