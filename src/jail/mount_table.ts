/**
 * Parses the mount table, proc_pid_mountinfo(5), and finds what is exported.
 *
 * @module
 */

/** One mount. */
export interface Mount {
  /** Its id, which another mount may get when this one is gone. */
  readonly id: number;
  /** The id of the mount that it is mounted on. */
  readonly parent: number;
  /** The device as the table has it: `98:0`. */
  readonly number: string;
  /** Which directory of its file system is mounted: `/`, or another for a bind mount. */
  readonly root: string;
  /** Where it is mounted, as seen from the root directory of the process. */
  readonly path: string;
  /** Its type, as `ext4`. */
  readonly fileSystem: string;
  /** As `rw`, `nosuid`, and from Linux 5.12 on `idmapped`. */
  readonly options: readonly string[];
  /** Inside of which inode numbers are unique: `98:0`, or on btrfs `0:45 subvolume 257`. */
  readonly device: string;
  /** What is mounted: `/dev/sdb1`, or any word if there is no device. */
  readonly source: string;
}

/** @param text the content of /proc/self/mountinfo */
export function parseMounts(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    // 36 35 98:0 /root /path rw,noatime optional ... - ext3 /dev/root rw,errors=continue
    const [left = "", right = ""] = line.split(" - ");
    const [id, parent, number = "", root = "/", path, options] = left.split(
      " ",
    );
    const [fileSystem, source = "", ofAll = ""] = right.split(" ");
    if (path === undefined || options === undefined || !fileSystem) return [];
    // For stat(2) a subvolume has a device number of its own, which the table does not show.
    const subvolume = /(?:^|,)subvolid=([0-9]+)/.exec(ofAll)?.[1];
    return [{
      id: Number(id),
      parent: Number(parent),
      number,
      root: unescape(root),
      device: subvolume ? `${number} subvolume ${subvolume}` : `${number}`,
      path: unescape(path),
      fileSystem,
      options: options.split(","),
      source: unescape(source),
    }];
  });
}

/** Space, tab, newline and backslash are escaped in octal, as `\040`. */
function unescape(path: string): string {
  return !path.includes("\\") ? path : path.replaceAll(
    /\\([0-7]{3})/g,
    (_, octal: string) => String.fromCharCode(parseInt(octal, 8)),
  );
}

/**
 * The mount that the directory `path` is on, and the visible ones below `path`:
 * not those that another mount covers, and not those below such a one.
 *
 * @param path absolute, without symlinks
 * @param own the id of the mount that `path` is on, if it is known
 */
export function exportedMounts(
  mounts: readonly Mount[],
  path: string,
  own = mountAt(mounts, path)?.id,
): Mount[] {
  const childrenOf = Map.groupBy(mounts, ({ parent }) => parent);
  const children = (parent: number | undefined) =>
    (childrenOf.get(parent!) ?? []).filter(({ id }) => id !== parent);
  const withThoseBelow = (top: Mount): Mount[] => {
    const over = children(top.id).findLast((mount) => mount.path === top.path);
    return over === undefined
      ? [top, ...visible(children(top.id)).flatMap(withThoseBelow)]
      : withThoseBelow(over);
  };
  return [
    ...mounts.filter(({ id }) => id === own),
    ...visible(children(own)).filter((mount) => isBelow(mount.path, path))
      .flatMap(withThoseBelow),
  ];
}

/** The mount that the directory `path` is on. */
function mountAt(mounts: readonly Mount[], path: string): Mount | undefined {
  return visible(mounts)
    .filter((mount) => mount.path === path || isBelow(path, mount.path))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** Of several mounts at one path only the last is visible. */
function visible(mounts: readonly Mount[]): Mount[] {
  return [...new Map(mounts.map((mount) => [mount.path, mount])).values()];
}

function isBelow(place: string, top: string): boolean {
  return place !== top && place.startsWith(top.endsWith("/") ? top : `${top}/`);
}

/** Where the directory `path`, which is on `mount`, is in its file system. */
export function fileSystemPath(
  { root, path: top }: Mount,
  path: string,
): string {
  const below = path.slice(top === "/" ? 0 : top.length);
  return `${root === "/" ? "" : root}${below === "/" ? "" : below}` || "/";
}

/** Whether both are the same directory, or `place` is somewhere in `top`. */
export function isAtOrBelow(place: string, top: string): boolean {
  return place === top || isBelow(place, top);
}

/** Those of {@linkcode exportedMounts} that have another device than the first. */
export function otherFileSystems([own, ...below]: readonly Mount[]): Mount[] {
  return below.filter(({ device }) => device !== own?.device);
}
