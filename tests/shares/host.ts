/**
 * A machine for `virtfs-shares`, made of a mount namespace, and a systemctl that
 * notes what it is asked.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { type Outcome, run } from "../support/programs.ts";

export const SHARES = new URL("../../scripts/virtfs-shares", import.meta.url)
  .pathname;

/**
 * Here systemctl starts and stops all but units of shares that are called
 * `broken`, and keeps a file for each that is active. What is called `limited` has
 * failed too often: it does not start before that is forgotten.
 */
const HOST = `set -eu
  for directory in /srv /run; do mount -t tmpfs none "$directory"; done
  mkdir -p /run/bin /run/active /run/etc/virtfs /run/systemd/system
  mount --bind /run/etc /etc
  cat >/run/bin/systemctl <<'END'
#!/bin/sh
verb=$1
shift
case $verb in
  start | stop) echo "systemctl $verb $*" >>/run/asked ;;
esac
status=0
for unit do
  state=inactive
  if [ -e "/run/active/$unit" ]; then state=active; fi
  case $verb:$unit in
    *:--*) ;;
    show:*@broken.socket) echo ActiveState=failed; echo ;;
    show:*) echo ActiveState=$state; echo ;;
    is-active:*) echo $state ;;
    *:*@broken.*) status=1 ;;
    reset-failed:*@limited.socket) : >/run/reset ;;
    start:*@limited.socket) if [ -e /run/reset ]; then : >"/run/active/$unit"; else status=1; fi ;;
    start:*) : >"/run/active/$unit" ;;
    stop:*) rm -f "/run/active/$unit" ;;
  esac
done
exit $status
END
  chmod 755 /run/bin/systemctl
  ln -s ${SHARES} /run/bin
  PATH=/run/bin:$PATH
  cd /run
`;

/** Runs a script there. */
export function onHost(script: string): Promise<Outcome> {
  return run(["unshare", "--mount", "sh", "-c", `${HOST}\n${script}`]);
}

/** Makes three shares, in the file `shares`. */
export const THREE = `mkdir -p /srv/a '/srv/b "c"'
  cat >shares <<'END'
a vhost /srv/a
b proxy '/srv/b "c"' --map-root=alice '--log-level=debug $x "\\'
c vhost /srv/a
END
`;

/** Runs a script there that has to end well; returns the lines of its stdout. */
export async function must(script: string): Promise<string[]> {
  const { code, stdout, output } = await onHost(script);
  equal(code, 0, output);
  return stdout.trimEnd().split("\n");
}

/** The socket of a share. */
export const socket = (program: string, name: string) =>
  `virtfs-${program}-helper@${name}.socket`;
/** Its units. */
export const both = (program: string, name: string) =>
  `${socket(program, name)} virtfs-${program}-helper@${name}.service`;
