/**
 * What a service manager or our own first process passes in the environment.
 * Read from /proc: Deno's env permission stays denied.
 *
 * @module
 */

/** The variables that mean something here. */
export interface Environment {
  /** sd_listen_fds(3). */
  readonly listenPid?: number;
  readonly listenFds?: number;
  /** sd_notify(3). */
  readonly notifySocket?: string;
  /** The inode of the socket by which systemd's journal gets stderr, systemd.exec(5). */
  readonly journalInode?: string;
  /** What claims that this is the process in the background, see `src/process/mode.ts`. */
  readonly mark?: BackgroundMark;
}

/** What the first process tells the one in the background. */
export interface BackgroundMark {
  /** The descriptor to report readiness on. */
  readonly readyFd: number;
  /** The caller's stderr, until then. */
  readonly stderrFd: number;
  /** The process that waits. */
  readonly starter: number;
}

/** Its variable: `READY_FD:STDERR_FD:STARTER`. */
export const BACKGROUND_VARIABLE = "VIRTFS_PROXY_HELPER_BACKGROUND";

/** @param text the content of /proc/self/environ */
export function parseEnvironment(text: string): Environment {
  const variables = new Map(
    text.split("\0").filter((entry) => entry.includes("=")).map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
  const number = (name: string): number | undefined => {
    const text = variables.get(name);
    return text !== undefined && /^\d{1,9}$/.test(text)
      ? Number(text)
      : undefined;
  };
  const listenPid = number("LISTEN_PID");
  const listenFds = number("LISTEN_FDS");
  const notifySocket = variables.get("NOTIFY_SOCKET");
  const [, journalInode] =
    /^\d+:(\d+)$/.exec(variables.get("JOURNAL_STREAM") ?? "") ?? [];
  const mark = /^(\d{1,9}):(\d{1,9}):(\d{1,9})$/.exec(
    variables.get(BACKGROUND_VARIABLE) ?? "",
  );
  return {
    ...listenPid === undefined ? {} : { listenPid },
    ...listenFds === undefined ? {} : { listenFds },
    ...notifySocket ? { notifySocket } : {},
    ...journalInode ? { journalInode } : {},
    ...mark === null ? {} : {
      mark: {
        readyFd: Number(mark[1]),
        stderrFd: Number(mark[2]),
        starter: Number(mark[3]),
      },
    },
  };
}

/** The first descriptor that a service manager passes, SD_LISTEN_FDS_START. */
export const FIRST_PASSED = 3;

/**
 * How many sockets systemd has passed to the process that it has started, whose
 * id is `pid`: other than the one of the process in the background.
 */
export function passedSockets(
  { listenPid, listenFds }: Environment,
  pid: number,
): number {
  return listenPid === pid ? listenFds ?? 0 : 0;
}
