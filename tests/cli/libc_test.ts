/**
 * libc in a place of its own, as on NixOS, and no glibc at all, as on Alpine: a root
 * that has a static shell, Deno and the checkout, and libc where the test puts it.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { LIBC_CANDIDATES } from "../../ffi/libc.ts";
import { copyCheckout } from "../support/isolated_program.ts";
import { type Outcome, run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed(
  ...["root", "unshare", "mount", "busybox"] as const,
);
const STORE = "/nix/store/0123456789abcdef-glibc-2.41/lib";
/** Of glibc's loader, which every program of a distribution for x86_64 names. */
const LOADER = "/lib64/ld-linux-x86-64.so.2";

/**
 * Arguments: a directory, a copy of the checkout, Deno, the directory for libc or
 * nothing, a script that runs there. `ld.so` finds libc by its cache.
 */
const CHROOT = `set -eu
  # CI's log of permissions is not there.
  unset DENO_AUDIT_PERMISSIONS
  cd "$1"
  mount -t tmpfs none . && cd "$1"
  mkdir -p bin lib64 etc opt run share proc dev checkout
  cp "$(command -v busybox)" bin/busybox
  for applet in sh cat cp grep kill mkdir readlink sleep tr; do ln -s busybox bin/$applet; done
  cp -R "$2/." checkout
  cp "$3" opt/deno
  if [ -n "$4" ]; then
    mkdir -p ".$4"
    cp ${LOADER} lib64
    LD_TRACE_LOADED_OBJECTS=1 "$3" | while read -r name arrow file rest; do
      case $arrow in "=>") cp -L "$file" ".$4/$name" ;; esac
    done
    echo "$4" >etc/ld.so.conf
    ldconfig -r .
  else
    printf '%s\\n' '#!/bin/sh' 'echo "deno 2.9.6 /opt/deno"' >opt/deno
    chmod 755 opt/deno
  fi
  for directory in proc dev; do mount --rbind /$directory $directory; done
  exec chroot . /bin/sh -euc "PATH=/bin; export PATH DENO=/opt/deno; $5"`;

async function inRoot(libc: string, script: string): Promise<Outcome> {
  using place = workspace();
  using checkout = workspace();
  copyCheckout(`${checkout.path}/copy`);
  return await run(
    ["unshare", "--mount", "sh", "-c", CHROOT, "sh"]
      .concat(place.path, `${checkout.path}/copy`, Deno.execPath(), libc)
      .concat(script),
  );
}

/** Both programs, each twice: the second start goes by what the first has noted. */
const SERVE = `
  for round in 1 2; do
    /checkout/scripts/virtfs-vhost-helper --shared-dir /share --socket-path /run/s >/run/log 2>&1 &
    until grep -q Listening /run/log; do
      kill -0 $! || { cat /run/log; exit 1; }
      sleep 0.1
    done
    grep -oE "/[^ ]*/libc[-.0-9]*so[.0-9]*$" /proc/$!/maps | tr "\\n" " "
    kill $!
    wait $! || :
    # In the background it starts itself once more.
    /checkout/scripts/virtfs-proxy-helper -p /share -s /run/p -u 0 -g 0 \\
      --pid-file /run/pid 2>/run/log || { cat /run/log; exit 1; }
    kill "$(cat /run/pid)"
    while kill -0 "$(cat /run/pid)" 2>/dev/null; do sleep 0.1; done
  done
  echo
  cat /run/virtfs-proxy-helper.deno`;

test("The launcher finds libc where it is in no usual place, grants that file, and no second one is loaded", async () => {
  const { code, stdout, output } = await inRoot(
    STORE,
    // Deno does not run with this one, as one of Nix does not on another distribution.
    `cp ${STORE}/libc.so.6 /lib64; ${SERVE}`,
  );
  equal(code, 0, output);
  const [mapped = "", ...noted] = stdout.trimEnd().split("\n");
  deepEqual(new Set(mapped.trim().split(" ")), new Set([`${STORE}/libc.so.6`]));
  deepEqual(noted, ["/opt/deno", `${STORE}/libc.so.6`]);
});

test("In a usual place it is found without a word of the launcher", async () => {
  const { code, stdout, output } = await inRoot("/usr/lib", SERVE);
  equal(code, 0, output);
  const [mapped = "", ...noted] = stdout.trimEnd().split("\n");
  deepEqual(new Set(mapped.trim().split(" ")), new Set(["/usr/lib/libc.so.6"]));
  deepEqual(noted, ["/opt/deno"]);
});

test("Without glibc the launcher says what to do", async () => {
  const { code, stderr } = await inRoot(
    "",
    "/checkout/scripts/virtfs-vhost-helper --version",
  );
  match(
    stderr,
    /^virtfs-vhost-helper: error: Cannot find glibc: \/opt\/deno runs with another C library, as musl, .*; run them with a Deno for glibc, /,
  );
  equal(code, 1);
});

Deno.test("The launcher and deno.json know the same places", () => {
  const script = Deno.readTextFileSync(
    new URL("../../scripts/find_deno.sh", import.meta.url),
  );
  const [, places] = /^ {2}for place in ([^;]*);/m.exec(script)!;
  deepEqual(places!.split(/[\s\\]+/), LIBC_CANDIDATES);
});
