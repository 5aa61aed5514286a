/**
 * A helper that maps ids, on a file system of its own.
 *
 * @module
 */
import { O_CREAT, O_EXCL, O_RDWR } from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import type { Client } from "../../src/proxy/client/client.ts";
import { type FileSystemKind, mountNew } from "./file_systems.ts";
import { type RunningHelper, startHelper } from "./helpers.ts";
import { Host } from "./host.ts";
import { type Need, testsThatNeed } from "./requirements.ts";
import { done } from "./said.ts";

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
  readonly host: Host;
  /** The export as the host sees it; it belongs to the guest's root. */
  readonly path: string;
  /** Starts the helper, to be called once the export is as it is to be; it is expected to end well. */
  readonly start: (args?: readonly string[]) => Promise<RunningHelper>;
  /** `uid:gid mode` of a file, as the host sees it. */
  readonly onHost: (name: string) => string;
  /** The same as the guest sees it. */
  readonly inGuest: (name: string) => string;
}

/**
 * What defines tests on an empty export, which is on a file system of its own
 * that can map ids. To be called `test`.
 */
export function testsOfMappedIds(
  kind: Exclude<FileSystemKind, "overlay"> = "ext4",
  ...needs: readonly Need[]
): (
  name: string,
  run: (harness: MappedHarness) => Promise<void>,
) => void {
  const test = testsThatNeed("root", `mapped ${kind}`, ...needs);
  return (name, run) =>
    test(name, async () => {
      await using stack = new AsyncDisposableStack();
      const path = `${stack.use(mountNew(kind)).path}/export`;
      const host = stack.use(new Host());
      Deno.mkdirSync(path);
      Deno.chownSync(path, FIRST, FIRST);
      let helper: RunningHelper | undefined;
      await run({
        host,
        path,
        async start(args = MAPPED) {
          return helper = stack.use(
            await startHelper({ directory: path, args }),
          );
        },
        onHost: (name) => owned(host.lstat(`${path}/${name}`)),
        inGuest(name) {
          const { value, errno } = helper!.client.lstat(`/${name}`);
          return value === undefined ? errnoName(errno) : owned(value);
        },
      });
      await helper!.finish();
    });
}

/** Makes an empty file by a request. */
export function createFile(
  client: Client,
  path: string,
  mode: number,
  uid = 0,
  gid = 0,
): void {
  const flags = O_RDWR | O_CREAT | O_EXCL;
  const fd = done(client.create(path, flags, mode, uid, gid));
  client.connection.closeDescriptor(fd);
}

function owned(
  { uid, gid, mode }: { uid: number; gid: number; mode: number },
): string {
  return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
}
