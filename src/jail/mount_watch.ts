/**
 * Logs what the host mounts and unmounts in the export while it is served. The
 * guest sees neither: it works on a private clone of the mounts that there were
 * at the start.
 *
 * The clone is no slave of the host's mounts, mount_namespaces(7): a propagated
 * mount has the host's flags, without nodev, read-only and mapped ids, and can be
 * used at once. Only CAP_SYS_ADMIN could change that, which is given up. (Linux
 * 6.18: what was mounted below a read-only, nodev slave could be written to, and
 * its devices opened.)
 *
 * The mount table that is read shows the mounts in the export and no others of
 * the host, see {@linkcode ./busy_mounts.ts}, even if the export is renamed.
 *
 * @module
 */
import { POLLPRI } from "../../ffi/constants.ts";
import type { ProcFile } from "../../ffi/proc.ts";
import type { Log } from "../log/log.ts";
import type { Waiter } from "../polling/waiter.ts";
import type { Exported } from "./exported.ts";
import { type Mount, parseMounts } from "./mount_table.ts";

/** How many mounts of a change are logged one by one. */
const MAX_LOGGED = 10;

/**
 * How long after a change the table is not looked at again: some hosts mount and
 * unmount all the time, for containers for example.
 */
const PAUSE_MS = 1000;

interface Parts {
  /** The mount table, opened while the export was the root directory. */
  readonly table: ProcFile;
  readonly exported: Pick<Exported, "path" | "mounts" | "known">;
  readonly log: Log;
}

/** Watches the host's mounts in the export. */
export class MountWatch {
  readonly #table: ProcFile;
  readonly #path: string;
  readonly #log: Log;
  /** The ids of the mounts that the guest has. */
  readonly #served: ReadonlySet<number>;
  /** The ids of all mounts at the start; undefined after the first look. */
  #known: ReadonlySet<number> | undefined;
  /** The mounts in the export at the last look, by id. */
  #mounts: ReadonlyMap<number, Mount>;
  #text: string | undefined;

  constructor({ table, exported: { path, mounts, known }, log }: Parts) {
    this.#table = table;
    this.#path = path;
    this.#log = log;
    this.#served = new Set(mounts.map(({ id }) => id));
    this.#known = known;
    // If the export is not the root of its mount, that mount is not in the table.
    this.#mounts = byId(
      mounts.filter((mount) => mount.path.startsWith(path)),
    );
  }

  /** Looks whenever `waiter` waits and something has changed. */
  start(waiter: Waiter): void {
    onMountsChange(waiter, this.#table.fd, () => this.look());
  }

  /** Logs what has changed since the last look, or the start. Throws nothing. */
  look(): void {
    try {
      const text = this.#table.read();
      if (text === this.#text) return;
      this.#text = text;
      this.#logChanges(parseMounts(text).map((mount) => this.#named(mount)));
    } catch (error) {
      const why = error instanceof Error ? error.message : "";
      this.#log.warning(`Cannot see what the host mounts: ${why}`);
    }
  }

  /** With its path on the host: that in the table begins at the export. */
  #named(mount: Mount): Mount {
    const top = this.#path === "/" ? "" : this.#path;
    return { ...mount, path: `${top}${mount.path}`.replace(/(?<=.)\/$/, "") };
  }

  #logChanges(mounts: readonly Mount[]): void {
    const before = this.#mounts;
    const now = byId(mounts);
    const gone = [...before.values()].filter(({ id }) => !now.has(id));
    const come = mounts.filter((mount) => this.#isNew(mount));
    this.#mounts = now;
    this.#known = undefined;
    for (const mount of gone.slice(0, MAX_LOGGED)) this.#logUnmounted(mount);
    for (const mount of come.slice(0, MAX_LOGGED)) this.#logMounted(mount);
    const unmounted = Math.max(0, gone.length - MAX_LOGGED);
    const mounted = Math.max(0, come.length - MAX_LOGGED);
    if (unmounted > 0 || mounted > 0) {
      this.#log.warning(
        `The host has unmounted ${unmounted} and mounted ${mounted} more in ${this.#path}`,
      );
    }
  }

  /**
   * Whether it was not there at the last look. The id alone does not tell: the
   * kernel reuses that of a mount that is gone. Nor does the path of a mount that
   * the guest has: it changes when a directory above is renamed.
   */
  #isNew(mount: Mount): boolean {
    const was = this.#mounts.get(mount.id);
    if (was === undefined) return !this.#known?.has(mount.id);
    return was.device !== mount.device || was.source !== mount.source ||
      was.path !== mount.path && !this.#served.has(mount.id);
  }

  #logMounted({ path, fileSystem, source }: Mount): void {
    this.#log.warning(
      `The host has mounted ${fileSystem} (${source}) on ${path}: the guest does not see it, and what it writes there lands below the mount point; restart the helper to share it`,
      { event: "mounted", path, fileSystem, source },
    );
  }

  #logUnmounted({ id, path, fileSystem, source }: Mount): void {
    const message =
      `The host no longer has ${fileSystem} (${source}) on ${path}`;
    const fields = { event: "unmounted", path, fileSystem, source };
    if (this.#served.has(id)) {
      this.#log.warning(
        `${message}: the guest goes on using it, so that it stays in use until the helper ends`,
        fields,
      );
    } else {
      this.#log.info(`${message}, which the guest has not seen`, fields);
    }
  }
}

/**
 * Calls `look` in waits of `waiter`: a second after this call, and then after each
 * change of the mounts, at once and a second later. In that second changes are
 * not noticed.
 *
 * @param table an open mount table, proc_pid_mountinfo(5)
 */
export function onMountsChange(
  waiter: Waiter,
  table: number,
  look: () => void,
): void {
  const pause = () => waiter.after(PAUSE_MS, resume);
  const resume = () => {
    // Not watched for a second: poll(2) reports a change as an error, too, and would return at once.
    const watch = waiter.watch(table, POLLPRI, () => {
      watch.remove();
      pause();
      look();
      return "go on";
    });
    look();
  };
  pause();
}

function byId(mounts: readonly Mount[]): ReadonlyMap<number, Mount> {
  return new Map(mounts.map((mount) => [mount.id, mount]));
}
