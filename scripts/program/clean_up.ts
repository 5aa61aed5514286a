/**
 * Removes what a program has made for as long as it runs, whatever ends it: its
 * own end, an error, SIGINT, SIGTERM, SIGHUP, or a reader that closes the pipe
 * which the program writes to.
 *
 * `finally` and `using` alone do not do that: a signal runs neither, and
 * neither does `Deno.exit()`.
 *
 * @module
 */

/** Exit statuses, as shells have them: 128 and the signal's number. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** The same for SIGPIPE. Deno ignores it, and the write fails. */
const BROKEN_PIPE = 141;

type Undo = () => void | Promise<void>;

const undos = new Set<Undo>();
let listening = false;
let ending: Promise<never> | undefined;
/** What is to be said when everything is undone. */
let lastWords: string | undefined;

/** Thrown where something would be made though the program is ending. */
export class ProgramEnding extends Error {
  override name = "ProgramEnding";
}

/** From now on signals end the program by {@linkcode end}. Call it before anything is made. */
export function listenToSignals(): void {
  listening = true;
  for (const [signal, status] of Object.entries(SIGNALS)) {
    // More of them change nothing: Ctrl-C comes twice, from the terminal and
    // from `deno task`.
    Deno.addSignalListener(signal as keyof typeof SIGNALS, () => {
      void end(status);
    });
  }
}

/**
 * From now on an error that nobody catches, as of a timer, ends the program by
 * {@linkcode end}, and is said when a terminal is as it was.
 */
export function endByUncaught(told: (error: unknown) => string): void {
  const note = (event: Event, error: unknown): void => {
    event.preventDefault();
    // Nobody waits for what is being given up.
    if (isEnding()) return;
    lastWords = told(error);
    void end(1);
  };
  addEventListener("error", (event) => note(event, event.error));
  addEventListener("unhandledrejection", (event) => note(event, event.reason));
}

/**
 * A child has ended by SIGINT: it comes from the terminal, so this program has
 * got it, too, and may not know yet.
 */
export function childWasInterrupted(): void {
  if (listening) void end(SIGNALS.SIGINT);
}

/** Ends the program as SIGPIPE would. */
export function endByBrokenPipe(): void {
  void end(BROKEN_PIPE);
}

/** Whether {@linkcode end} was called: nothing is to be printed any more. */
export function isEnding(): boolean {
  return ending !== undefined;
}

/**
 * Lets listeners to signals run, which they do only while the program waits for
 * something. For work that takes long and never waits.
 *
 * @throws {ProgramEnding} where one has come
 */
export async function letSignalsIn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  if (isEnding()) throw new ProgramEnding();
}

/**
 * Undoes everything, the last thing first, and exits with `status`, or with 1
 * where something could not be undone. The first call counts.
 */
export function end(status: number): Promise<never> {
  return ending ??= undoAll(status);
}

async function undoAll(status: number): Promise<never> {
  let failed = false;
  for (const undo of [...undos].reverse()) {
    try {
      await undo();
    } catch (error) {
      failed = true;
      console.error(error instanceof Error ? error.message : String(error));
    }
  }
  if (lastWords !== undefined) console.error(lastWords);
  Deno.exit(status || (failed ? 1 : 0));
}

/** Something that exists until it is disposed of, or until the program ends. */
export class Made implements AsyncDisposable {
  readonly #undo: () => Promise<void>;

  /**
   * @param undo is called once
   * @throws {ProgramEnding} where the program is ending; nothing may be made then
   */
  constructor(undo: Undo) {
    if (isEnding()) throw new ProgramEnding();
    let done: Promise<void> | undefined;
    this.#undo = () => done ??= Promise.resolve(undo());
    undos.add(this.#undo);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo();
    undos.delete(this.#undo);
  }
}

/** A new directory. */
export class TemporaryDirectory extends Made {
  /** Its absolute path. */
  readonly path: string;

  /**
   * @param parent where it is made
   * @param prefix how its name begins
   * @throws {Error} where it can't be made; the message says where, and why
   */
  constructor(parent: string, prefix: string) {
    let path: string | undefined;
    super(() => {
      if (path !== undefined) removeTree(path);
    });
    this.path = path = makeDirectory(parent, prefix);
  }
}

/**
 * Makes a directory in `parent` whose name begins with `prefix`.
 *
 * @throws {Error} where it can't be made; the message says where, and why
 */
export function makeDirectory(parent: string, prefix: string): string {
  try {
    return Deno.makeTempDirSync({ dir: parent, prefix });
  } catch (error) {
    // `Permission denied (os error 13): tmpdir`
    const reason = (error as Error).message.replace(/ \(os error \d+\).*/, "");
    throw new Error(`Cannot make a directory in ${parent}: ${reason}`);
  }
}

/** Removes `path` with everything in it; what is not there is removed already. */
function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
