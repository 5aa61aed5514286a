/** The proof finds what can be wrong with the working directory. */
import { deepEqual } from "node:assert/strict";
import type { MountCalls, Place } from "../../../../ffi/mounts.ts";
import {
  describeDescriptorDirectory,
  descriptorDirectoryFaults,
} from "../../../../src/jail/descriptor_directory.ts";

const HERE: Place = { device: "0:22", inode: 7n, mount: 100n };
const ABOVE: Place = { ...HERE, inode: 8n };
const ROOT: Place = { device: "8:1", inode: 2n, mount: 101n };
const ROOT_FD = 12;

/** What the proof says where the kernel shows these places. */
function faults(
  seen: { here?: Place; above?: Place; named?: Place },
  closed = true,
): string[] {
  const paths = new Map([
    [".", seen.here ?? HERE],
    ["..", seen.above ?? HERE],
    [String(ROOT_FD), seen.named ?? ROOT],
  ]);
  const mounts = {
    placeOfPath: (path: string) => paths.get(path),
    placeOf: () => ROOT,
  } as unknown as MountCalls;
  return descriptorDirectoryFaults(
    { mounts },
    { place: HERE, closed },
    ROOT_FD,
  );
}

Deno.test("A private mount that names the descriptors has no fault", () => {
  deepEqual(faults({}), []);
});

Deno.test("Each thing that is otherwise is a fault", () => {
  deepEqual(faults({ here: { ...HERE, mount: 99n } }), [
    "the working directory is another",
  ]);
  deepEqual(faults({ above: ABOVE }), [
    ".. leads out of the working directory",
  ]);
  deepEqual(faults({ named: ABOVE }), [
    "the working directory does not name descriptors",
  ]);
});

Deno.test("Where there is no private mount .. may lead out, which is reported as weak", () => {
  deepEqual(faults({ above: ABOVE }, false), []);
  const described = (closed: boolean) =>
    describeDescriptorDirectory({ place: HERE, closed }).weak;
  deepEqual([described(false), described(true)], [true, false]);
});
