/**
 * Tells what the host mounts in the export while it is served. The guest does
 * not see it, as it works on a private clone of the mounts that there were at
 * the start.
 *
 * Why the clone does not follow the host: a mount that comes by propagation
 * comes with the host's flags, without nodev, read-only and mapped ids, and can
 * be used at once; to change that takes CAP_SYS_ADMIN, which is given up.
 * (Linux 6.18: what was mounted below a read-only, nodev slave could be written
 * to, and its devices opened.) So it is named in the log instead.
 *
 * The table that is read shows what is mounted in the export and nothing else
 * of the host, see {@linkcode ./busy_mounts.ts}. The directory may be renamed.
 *
 * @module
 */
import { POLLPRI } from "../../ffi/constants.ts";
import type { ProcFile } from "../../ffi/proc.ts";
import type { Log } from "../log/log.ts";
import type { Waiter } from "../polling/waiter.ts";
import type { Exported } from "./exported.ts";
import { type Mount, parseMounts } from "./mount_table.ts";

/** So many changes are told one by one. */
const NAMED = 10;

/**
 * How long after a change the next one is looked for: there are hosts that
 * mount and unmount all the time, for containers say.
 */
const PAUSE_MS = 1000;

interface Parts {
  /** The mount table, opened with the export as the root directory. */
  readonly table: ProcFile;
  readonly exported: Pick<Exported, "path" | "mounts" | "known">;
  readonly log: Log;
}

/** The mounts in the export, as the host has them. */
export class MountWatch {
  readonly #table: ProcFile;
  readonly #path: string;
  readonly #log: Log;
  /** The numbers of those that the guest has. */
  readonly #served: ReadonlySet<number>;
  /** The numbers of all that there were at the start; undefined once it was looked. */
  #known: ReadonlySet<number> | undefined;
  /** What was there when last looked, by number. */
  #mounts: ReadonlyMap<number, Mount>;
  #text: string | undefined;

  constructor({ table, exported: { path, mounts, known }, log }: Parts) {
    this.#table = table;
    this.#path = path;
    this.#log = log;
    this.#served = new Set(mounts.map(({ id }) => id));
    this.#known = known;
    // The mount that the export is in the middle of is not in the table.
    this.#mounts = byId(
      mounts.filter((mount) => mount.path.startsWith(path)),
    );
  }

  /** Tells of changes from now on, in the waits of `waiter`. */
  start(waiter: Waiter): void {
    onMountsChange(waiter, this.#table.fd, () => this.look());
  }

  /** Tells what has changed since the last time, or the start. Throws nothing. */
  look(): void {
    try {
      const text = this.#table.read();
      if (text === this.#text) return;
      this.#text = text;
      this.#tell(parseMounts(text).map((mount) => this.#named(mount)));
    } catch (error) {
      const why = error instanceof Error ? error.message : "";
      this.#log.warning(`Cannot see what the host mounts: ${why}`);
    }
  }

  /** The table has paths as seen from the export. */
  #named(mount: Mount): Mount {
    const top = this.#path === "/" ? "" : this.#path;
    return { ...mount, path: `${top}${mount.path}`.replace(/(?<=.)\/$/, "") };
  }

  #tell(mounts: readonly Mount[]): void {
    const before = this.#mounts;
    const now = byId(mounts);
    const gone = [...before.values()].filter(({ id }) => !now.has(id));
    const come = mounts.filter((mount) => this.#isNew(mount));
    this.#mounts = now;
    this.#known = undefined;
    for (const mount of gone.slice(0, NAMED)) this.#tellGone(mount);
    for (const mount of come.slice(0, NAMED)) this.#tellCome(mount);
    const more = [gone, come].map(({ length }) => Math.max(0, length - NAMED));
    if (more.some((count) => count > 0)) {
      this.#log.warning(
        `The host has unmounted ${more[0]} and mounted ${
          more[1]
        } more in ${this.#path}`,
      );
    }
  }

  /**
   * The kernel gives the number of a mount that is gone to another one. Those
   * that the guest has keep theirs, and go by another name where a directory
   * above them was renamed.
   */
  #isNew(mount: Mount): boolean {
    const was = this.#mounts.get(mount.id);
    if (was === undefined) return !this.#known?.has(mount.id);
    return was.device !== mount.device || was.source !== mount.source ||
      was.path !== mount.path && !this.#served.has(mount.id);
  }

  #tellCome(mount: Mount): void {
    const { what, path, fields } = words(mount);
    this.#log.warning(
      `The host has mounted ${what} on ${path}: the guest does not see it, and what it writes there lands below the mount point; restart the helper to export it`,
      { event: "mounted", ...fields },
    );
  }

  #tellGone(mount: Mount): void {
    const { what, path, fields } = words(mount);
    const event = { event: "unmounted", ...fields };
    if (this.#served.has(mount.id)) {
      this.#log.warning(
        `The host no longer has ${what} on ${path}: the guest goes on using it, so that it stays in use until the helper ends`,
        event,
      );
    } else {
      this.#log.info(
        `The host no longer has ${what} on ${path}, which the guest has not seen`,
        event,
      );
    }
  }
}

/**
 * Calls `look` in a wait after something was mounted or unmounted, and once
 * more a second after that, or after this call: changes in between are not told
 * one by one.
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
    // Out of the set meanwhile: a change is an error to poll(2), too, and so ends each poll.
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

function words({ path, fileSystem, source }: Mount) {
  return {
    what: `${fileSystem} (${source})`,
    path,
    fields: { path, fileSystem, source },
  };
}

function byId(mounts: readonly Mount[]): ReadonlyMap<number, Mount> {
  return new Map(mounts.map((mount) => [mount.id, mount]));
}
