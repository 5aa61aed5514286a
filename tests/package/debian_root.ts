/**
 * Debian's roots with nothing in them but what every Debian has.
 *
 * @module
 */
import { LIMIT_MS } from "../support/processes.ts";
import { exists } from "../support/workspace.ts";
import { succeed } from "./support.ts";

/**
 * Arguments: a suite, where its root is to be. From where the machine's own packages
 * come from; the root appears when it is complete.
 */
const SCRIPT = `set -eu
suite=$1 place=$2
sources=/etc/apt/sources.list.d/debian.sources
mirror=$(sed -n 's/^URIs: *\\([^ ]*\\).*/\\1/p' $sources | head -n 1)
new=$(mktemp -d "$place.XXXXXX")
trap 'rm -rf "$new"' EXIT
chmod 755 "$new"
debootstrap --variant=minbase "$suite" "$new" "$mirror" >&2
rm -rf "$new"/var/cache/apt/archives/*.deb
# Another run may have been faster.
mv -T "$new" "$place" 2>/dev/null || test -e "$place/etc/debian_version"
`;

/**
 * The path of a suite's root, which nobody may change; it is fetched where it is not
 * there yet, and kept from run to run.
 */
export async function debianRoot(
  suite: "bookworm" | "trixie",
): Promise<string> {
  const place = `/var/tmp/debian-${suite}`;
  if (!exists(`${place}/etc/debian_version`)) {
    await succeed(["sh", "-c", SCRIPT, "sh", suite, place], {
      // As long as a network takes.
      limit: 4 * LIMIT_MS,
    });
  }
  return place;
}
