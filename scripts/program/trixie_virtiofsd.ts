/**
 * virtiofsd of Debian 13, unpacked beside the machine's own Debian with the
 * libraries it needs, and run through their loader.
 *
 * The packages come from where this machine's own come from: apt is asked, with
 * lists and state of its own, so that nothing of the machine changes.
 *
 * @module
 */

/** Kept from run to run; not in a run's own directory, which goes with it. */
const PLACE = "/var/tmp/virtiofsd-trixie";
const PACKAGES = [
  "virtiofsd",
  "libc6",
  "libcap-ng0",
  "libseccomp2",
  "libgcc-s1",
];

const SCRIPT = `set -eu
place=$1; shift
sources=/etc/apt/sources.list.d/debian.sources
mirror=$(sed -n 's/^URIs: *\\([^ ]*\\).*/\\1/p' $sources | head -n 1)
key=$(sed -n 's/^Signed-By: *//p' $sources | head -n 1)
new=$(mktemp -d "$place.XXXXXX")
trap 'rm -rf "$new"' EXIT
cd "$new"
mkdir -p lists/partial cache/archives/partial packages
: > status
echo "deb [signed-by=$key] $mirror trixie main" > sources
apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$new/sources" -o Dir::Etc::sourceparts=- \\
    -o Dir::State::lists="$new/lists" -o Dir::State::status="$new/status" \\
    -o Dir::Cache="$new/cache" -o APT::Sandbox::User=root "$@"
}
apt update
(cd packages && apt download "$@")
for package in packages/*.deb; do dpkg -x "$package" root; done
test -x root/usr/libexec/virtiofsd
# Another run may have been faster.
mv -T root "$place" 2>/dev/null || test -x "$place/usr/libexec/virtiofsd"
`;

/**
 * The command that runs it; it is fetched where it is not there yet.
 *
 * @throws {Error} where it can't be had here
 */
export function trixieVirtiofsd(): string[] {
  if (!exists(`${PLACE}/usr/libexec/virtiofsd`)) fetch();
  const libraries = `${PLACE}/usr/lib/x86_64-linux-gnu`;
  return [
    `${libraries}/ld-linux-x86-64.so.2`,
    "--library-path",
    libraries,
    `${PLACE}/usr/libexec/virtiofsd`,
  ];
}

function fetch(): void {
  if (Deno.build.arch !== "x86_64" || Deno.uid() !== 0) {
    throw new Error("Cannot fetch virtiofsd 1.13: it takes root, and x86_64");
  }
  const { success, stderr } = new Deno.Command("sh", {
    args: ["-c", SCRIPT, "fetch", PLACE, ...PACKAGES],
    stdin: "null",
    stdout: "null",
  }).outputSync();
  if (success) return;
  throw new Error(
    `Cannot fetch virtiofsd 1.13: ${new TextDecoder().decode(stderr)}`,
  );
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
