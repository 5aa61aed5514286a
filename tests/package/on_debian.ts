/**
 * Runs commands on a Debian that is seen through an overlay.
 *
 * @module
 */
import { equal, match } from "node:assert/strict";
import { VERSION } from "../../src/version.ts";
import { GUEST_SILENCE_MS } from "../support/patience.ts";
import { run } from "../support/programs.ts";
import { workspace } from "../support/workspace.ts";
import { copy } from "./support.ts";

/**
 * Arguments: a directory, a copy of the checkout, Deno, a root, a script, and more
 * scripts for it. The script runs beside that root, in `root` below its working
 * directory; `inside SCRIPT` runs one in it, where nothing is mounted but what is
 * needed.
 */
const BESIDE = `set -eu
  # CI's log of permissions is not there.
  unset DENO_AUDIT_PERMISSIONS
  cd "$1"
  mount -t tmpfs none . && cd "$1"
  mkdir upper work root
  mount -t overlay -o lowerdir="$4",upperdir=upper,workdir=work none root
  mkdir -p root/mnt/checkout root/mnt/share root/mnt/cache
  cp -R "$2/." root/mnt/checkout
  for directory in proc dev; do mount --rbind /$directory root/$directory; done
  # npm's is a script in some places, and below root's home in others.
  rm -f root/usr/local/bin/deno
  cp "$3" root/usr/local/bin/deno
  # Of the cache what bundles: the rest changes while other programs run.
  for part in dl npm; do
    if [ -e "$DENO_CACHE/$part" ]; then cp -R "$DENO_CACHE/$part" root/mnt/cache; fi
  done
  inside() {
    chroot root env -u DENO DENO_DIR=/mnt/cache PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
      sh -euc "cd /mnt/checkout; $1"
  }
  files() {
    (cd upper && find . \\( -path ./mnt -o -path ./var/lib/dpkg -o -path ./var/log \\
      -o -path ./var/cache -o -path ./run \\) -prune -o ! -type d -print | sort)
  }
  files >before
  lower=$4 script=$5
  shift 5
  status=0
  (eval "$script") || status=$?
  # But what dpkg writes down of its work, and what others make of manual pages. What
  # was moved and has come back is a copy.
  files | while read -r file; do
    cmp -s "upper/$file" "$lower/$file" || echo "$file"
  done >after
  echo "LEFT: $(diff before after | tr '\\n' ' ')"
  exit $status`;

/** Where Deno keeps what bundles. */
async function cacheOfDeno(): Promise<string> {
  const { stdout } = await run([Deno.execPath(), "info", "--json"]);
  return JSON.parse(stdout).denoDir;
}

/** Runs a script there; nothing may be left of what it has done. Returns what it has printed. */
export async function onDebian(script: string): Promise<string> {
  using checkout = copy("checkout");
  return await besideDebian("/", checkout, 'inside "$1"', [script]);
}

/**
 * Runs a script beside the Debian in `root`, with `inside "$1"` and so on for the
 * scripts that run in it. Nothing may be left in there of what they have done.
 */
export async function besideDebian(
  root: string,
  checkout: { readonly path: string },
  script: string,
  inside: readonly string[],
): Promise<string> {
  using place = workspace();
  const { code, stdout, output } = await run(
    ["unshare", "--mount", "sh", "-c", BESIDE, "sh"]
      .concat(place.path, checkout.path, Deno.execPath(), root, script, inside),
    // It may boot guests.
    { env: { DENO_CACHE: await cacheOfDeno() }, silence: GUEST_SILENCE_MS },
  );
  equal(code, 0, output);
  match(stdout, /^LEFT: $/m, output);
  return stdout.replace(/^LEFT: \n/m, "");
}

/** What {@linkcode SAY_VERSIONS} prints. */
export const VERSIONS = `virtfs-proxy-helper ${VERSION}
virtfs-vhost-helper ${VERSION}
`;
/** Runs the installed programs. */
export const SAY_VERSIONS = `
/usr/libexec/virtfs-proxy-helper --version
virtfs-vhost-helper --version
`;
