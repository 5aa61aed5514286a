/**
 * What a service manager or our own first process passes in the environment.
 * Read from /proc: Deno's env permission stays denied.
 *
 * @module
 */

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

/** The variables that mean something here. */
type Environment = ReturnType<typeof parseEnvironment>;

/** @param text the content of /proc/self/environ */
export function parseEnvironment(text: string) {
  const variables = new Map(
    text.split("\0").filter((entry) => entry.includes("=")).map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
  /** What is between parentheses in `pattern`, as it fits the variable; undefined where it does not. */
  const parts = (name: string, pattern: RegExp): string[] | undefined =>
    pattern.exec(variables.get(name) ?? "")?.slice(1);
  const number = (name: string) => parts(name, /^(\d{1,9})$/)?.map(Number)[0];
  const mark = parts(BACKGROUND_VARIABLE, /^(\d{1,9}):(\d{1,9}):(\d{1,9})$/);
  return {
    /** sd_listen_fds(3). */
    listenPid: number("LISTEN_PID"),
    listenFds: number("LISTEN_FDS"),
    /** sd_notify(3). */
    notifySocket: variables.get("NOTIFY_SOCKET") || undefined,
    /** The inode of the socket by which systemd's journal gets stderr, systemd.exec(5). */
    journalInode: parts("JOURNAL_STREAM", /^\d+:(\d+)$/)?.[0],
    /** What claims that this is the process in the background, see `src/process/mode.ts`. */
    mark: mark && {
      readyFd: Number(mark[0]),
      stderrFd: Number(mark[1]),
      starter: Number(mark[2]),
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
