/**
 * docs/installing.md, its commands run as they are written: on the machine's own
 * Debian, and the package's on a Debian with nothing else in it. These are seen
 * through an overlay, so nothing of them changes.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { block } from "../docs/blocks.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { run } from "../support/programs.ts";
import { workspace } from "../support/workspace.ts";
import { VERSION } from "../../src/version.ts";
import { debianRoot } from "./debian_root.ts";
import { copy, succeed } from "./support.ts";

const test = testsThatNeed(
  ...["root", "unshare", "overlay", "bundler", "packager", "original"] as const,
);

/**
 * Arguments: a directory, a copy of the checkout, Deno, a script, a root. The script
 * runs on an overlay over that root, with nothing mounted in it but what is needed.
 */
const CHROOT = `set -eu
  cd "$1"
  mount -t tmpfs none . && cd "$1"
  mkdir upper work root
  mount -t overlay -o lowerdir="$5",upperdir=upper,workdir=work none root
  mkdir -p root/mnt/checkout
  cp -R "$2/." root/mnt/checkout
  for directory in proc dev; do mount --rbind /$directory root/$directory; done
  # npm's is a script in some places, and below root's home in others.
  rm -f root/usr/local/bin/deno
  mkdir -p root/mnt/share
  cp "$3" root/usr/local/bin/deno
  cp -R "$DENO_CACHE" root/mnt/cache
  (cd upper && find . -path ./mnt -prune -o ! -type d -print | sort) >before
  status=0
  chroot root env -u DENO DENO_DIR=/mnt/cache PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    sh -euc "cd /mnt/checkout; $4" || status=$?
  # What dpkg writes down of its work, and what others make of manual pages. What
  # was moved and has come back is a copy.
  cd upper
  find . \\( -path ./mnt -o -path ./var/lib/dpkg -o -path ./var/log \\
    -o -path ./var/cache -o -path ./run \\) -prune -o ! -type d -print |
    while read -r file; do cmp -s "$file" "$5/$file" || echo "$file"; done | sort >../after
  echo "LEFT: $(diff ../before ../after | tr '\\n' ' ')"
  exit $status`;

/** Where Deno keeps what bundles. */
async function cacheOfDeno(): Promise<string> {
  const { stdout } = await run([Deno.execPath(), "info", "--json"]);
  return JSON.parse(stdout).denoDir;
}

/** Runs a script there; nothing may be left of what it has done. Returns what it has printed. */
async function onDebian(
  script: string,
  root = "/",
  given?: { readonly path: string },
): Promise<string> {
  using own = given === undefined ? copy("checkout") : undefined;
  const checkout = given ?? own!;
  using place = workspace();
  const { code, stdout, output } = await run(
    ["unshare", "--mount", "sh", "-c", CHROOT, "sh"]
      .concat(place.path, checkout.path, Deno.execPath(), script, root),
    { env: { DENO_CACHE: await cacheOfDeno() } },
  );
  equal(code, 0, output);
  match(stdout, /^LEFT: $/m);
  return stdout.replace(/^LEFT: \n/m, "");
}

Deno.test("README.md installs as docs/installing.md does", () => {
  equal(
    block("README.md", "make install"),
    block("docs/installing.md", "make install"),
  );
});

const VERSIONS = `virtfs-proxy-helper ${VERSION}
virtfs-vhost-helper ${VERSION}
`;
const SAY_VERSIONS = `
/usr/libexec/virtfs-proxy-helper --version
virtfs-vhost-helper --version
`;
/** Prints the files that are not as their packages have them; some machines install no documents. */
const VERIFY = `
dpkg --verify virtfs qemu-system-common | grep -v ' /usr/share/[dm][oa][cn]/' || :
`;

test("make installs and removes by the document's commands", async () => {
  equal(
    await onDebian(`{
      ${block("docs/installing.md", "make\n")}
    } >&2
    ${SAY_VERSIONS}
    { ${block("docs/installing.md", "make uninstall")}
    } >&2`),
    VERSIONS,
  );
});

test("The package installs beside QEMU's, takes the place of its programs, gives it back, and leaves nothing", async () => {
  // virtiofsd is where Debian 13 has it; that of Debian 12 is QEMU's own.
  const said = await onDebian(`
    { ${block("docs/installing.md", "deno task package")}
    } >&2
    printf '#!/bin/sh\\necho the other virtiofsd\\n' >/usr/libexec/virtiofsd
    chmod 755 /usr/libexec/virtiofsd
    { ${block("docs/installing.md", "dpkg --install")}
    } >&2
    ${SAY_VERSIONS}
    ${VERIFY}

    { ${block("docs/installing.md", "--add /usr/libexec/virtiofsd")}
    } >&2
    /usr/libexec/virtiofsd --version
    { ${block("docs/installing.md", "--remove /usr/libexec/virtiofsd")}
    } >&2
    /usr/libexec/virtiofsd --version
    rm /usr/libexec/virtiofsd

    { ${block("docs/installing.md", "--add /usr/lib/qemu/virtfs-proxy-helper")}
    } >&2
    /usr/lib/qemu/virtfs-proxy-helper --version
    { ${
    block("docs/installing.md", "--remove /usr/lib/qemu/virtfs-proxy-helper")
  }
    } >&2
    ${VERIFY}
    { ${block("docs/installing.md", "dpkg --purge")}
    } >&2`);
  deepEqual(
    said.split("\n"),
    [
      ...VERSIONS.trimEnd().split("\n"),
      `virtfs-vhost-helper ${VERSION}`,
      "the other virtiofsd",
      `virtfs-proxy-helper ${VERSION}`,
      "",
    ],
  );
});

/** Starts each program on /mnt/share, and says what it says of itself until it is told to end. */
const SERVE = `
virtfs-vhost-helper --shared-dir /mnt/share --socket-path /mnt/sock --print-sandbox >/mnt/log 2>&1 &
until grep -q Listening /mnt/log; do kill -0 $! || { cat /mnt/log >&2; exit 1; }; sleep 0.05; done
kill $!
wait $! || :
grep -c "^ok  " /mnt/log
`;

const cleanTest = testsThatNeed(
  ...[
    "root",
    "unshare",
    "overlay",
    "bundler",
    "packager",
    "debootstrap",
  ] as const,
);
for (const suite of ["bookworm", "trixie"] as const) {
  cleanTest(
    `On ${suite} with nothing else in it the package installs, starts, and leaves nothing`,
    async () => {
      const root = await debianRoot(suite);
      using checkout = copy("checkout");
      await succeed([
        ...[Deno.execPath(), "run", "-q", "--no-prompt", "-P=packager"],
        "scripts/package.ts",
      ], { cwd: checkout.path });
      const said = await onDebian(
        `
      { ${block("docs/installing.md", "dpkg --install")}
      } >&2
      ${SAY_VERSIONS}
      ${SERVE}
      { ${block("docs/installing.md", "dpkg --purge")}
      } >&2`,
        root,
        checkout,
      );
      match(said, /^(.+\n.+\n)\d+\n$/);
      equal(said.replace(/\d+\n$/, ""), VERSIONS);
    },
  );
}
