/**
 * The directory in which all tests make what they need.
 *
 * @module
 */
import { Made, makeDirectory } from "./program/clean_up.ts";

/** Not /tmp: a tmpfs lacks some of what file systems on disks have. */
const SCRATCH = "/var/tmp";

export class Scratch extends Made {
  /** Its absolute path; `TMPDIR` of all that runs in it. */
  readonly path: string;

  constructor() {
    let path: string | undefined;
    super(async () => {
      if (path !== undefined) await clear(path);
    });
    this.path = path = makeDirectory(SCRATCH, "vph-tests-");
    // Some tests run as another user.
    Deno.chmodSync(this.path, 0o755);
  }
}

/**
 * Arguments: the directory. Removes what tests that were ended have left:
 * processes, which bear its name in their environment; mounts; files.
 */
const CLEAR = `
  for process in $(grep -lzxF "TMPDIR=$1" /proc/[0-9]*/environ 2>/dev/null); do
    process=\${process#/proc/}
    kill -KILL "\${process%/environ}"
  done
  tac /proc/self/mounts | while read -r _ path _; do
    case $path in "$1"/*) umount -l "$path" ;; esac
  done
  rm -rf --one-file-system -- "$1"
`;

async function clear(scratch: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", CLEAR, "sh", scratch],
    stdin: "null",
  }).output();
  if (!success) {
    throw new Error(
      `Cannot remove ${scratch}: ${new TextDecoder().decode(stderr).trim()}`,
    );
  }
}
