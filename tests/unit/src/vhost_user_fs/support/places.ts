/**
 * Where tests of the file system run: on the disk, and in memory.
 *
 * @module
 */
import { mountNew } from "../../../../support/file_systems.ts";
import { lacking } from "../../../../support/requirements.ts";
import { workspace } from "../../../../support/workspace.ts";

const PLACES = ["disk", "tmpfs"] as const;

/** One test for each place, with a new directory there. */
export function onEachFileSystem(
  name: string,
  test: (path: string) => void,
): void {
  for (const place of PLACES) {
    Deno.test({
      name: `${name} (${place})`,
      ignore: lacking("root", "mount").length > 0,
      fn() {
        using directory = place === "disk" ? workspace() : mountNew("tmpfs");
        test(directory.path);
      },
    });
  }
}
