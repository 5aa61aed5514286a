/**
 * The mounts that this process sees, proc_pid_mountinfo(5).
 *
 * @module
 */

/** One mount. */
export interface Mount {
  /** Where it is mounted. */
  readonly path: string;
  /** `ext4`. */
  readonly fileSystem: string;
  /** `rw,nosuid`, and `idmapped` from Linux 5.12 on. */
  readonly options: readonly string[];
  /** `98:0`, and for btrfs `0:45 subvolume 257`: within one, inode numbers are unique. */
  readonly device: string;
}

/** @param text the content of /proc/self/mountinfo */
export function parseMounts(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    // 36 35 98:0 /root /path rw,noatime optional ... - ext3 /dev/root rw,errors=continue
    const [left = "", right = ""] = line.split(" - ");
    const [, , number, , path, options] = left.split(" ");
    const [fileSystem, , ofAll = ""] = right.split(" ");
    if (path === undefined || options === undefined || !fileSystem) return [];
    // A device of its own to stat(2), which has no place in mountinfo but this.
    const subvolume = /(?:^|,)subvolid=([0-9]+)/.exec(ofAll)?.[1];
    return [{
      path: unescape(path),
      fileSystem,
      options: options.split(","),
      device: subvolume ? `${number} subvolume ${subvolume}` : `${number}`,
    }];
  });
}

/** Space, tab, newline and backslash are written as `\040`. */
function unescape(path: string): string {
  return path.replaceAll(
    /\\([0-7]{3})/g,
    (_, octal: string) => String.fromCharCode(parseInt(octal, 8)),
  );
}

/**
 * The mount that the directory `path` is on, and those below it that are
 * exported with it. Of several at one place only the last is seen.
 *
 * @param path absolute, without symlinks
 */
export function exportedMounts(
  mounts: readonly Mount[],
  path: string,
): Mount[] {
  const at = new Map(mounts.map((mount) => [mount.path, mount]));
  const isBelow = (place: string, top: string) =>
    place !== top && place.startsWith(top.endsWith("/") ? top : `${top}/`);
  const own = [...at.values()]
    .filter((mount) => mount.path === path || isBelow(path, mount.path))
    .sort((a, b) => b.path.length - a.path.length)
    .slice(0, 1);
  return [...own, ...[...at.values()].filter((m) => isBelow(m.path, path))];
}

/** Those of {@linkcode exportedMounts} that are of another file system than the first. */
export function otherFileSystems([own, ...below]: readonly Mount[]): Mount[] {
  return below.filter(({ device }) => device !== own?.device);
}
