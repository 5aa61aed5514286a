/**
 * A program of this checkout that runs where all that it makes can be seen: it
 * has a /tmp, a /var/tmp and mounts of its own.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { runCommand } from "./file_systems.ts";
import { until } from "./processes.ts";
import { RunningProgram } from "./programs.ts";
import { workspace } from "./workspace.ts";

/** The root of the checkout. */
export const ROOT = new URL("../..", import.meta.url).pathname;

/** Deno, as the program sees it. */
export const DENO = "/mnt/deno";
/** A directory of its own, with {@linkcode IsolatedOptions.files}. */
export const OWN = "/mnt/own";

/** A copy of the checkout, where that is asked for. */
const COPY = `${OWN}/copy`;

/**
 * Arguments: Deno, a directory, a working directory, a command. The command is a session, and so a
 * process group, of its own, and its process id is in the file `pid`. The files
 * `before` and `after` are what is mounted then. A log of permissions that CI has
 * the tests' children write would be in the /tmp that is covered.
 */
const ISOLATE = `
  deno=$1 directory=$2 place=$3
  shift 3
  unset DENO_AUDIT_PERMISSIONS
  mount -t tmpfs none /mnt && touch ${DENO} && mkdir ${OWN} &&
    mount --bind "$deno" ${DENO} && mount --bind "$directory" ${OWN} &&
    mount --bind ${OWN}/tmp /tmp && mount --bind ${OWN}/var /var/tmp || exit 99
  cat /proc/self/mounts >${OWN}/before
  cd "$place" || exit 99
  setsid --wait sh -c 'echo $$ >${OWN}/pid; exec "$@"' sh "$@"
  status=$?
  cat /proc/self/mounts >${OWN}/after
  exit $status
`;

/** What the program is to be given. */
interface IsolatedOptions {
  /** By absolute paths below {@linkcode ROOT} and {@linkcode DENO}. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Made before, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** To run in a copy of the checkout, {@linkcode COPY}; its `dist/` is seen, too. */
  readonly inCopy?: boolean;
  /** Without a network, and with an empty cache of Deno's. */
  readonly offline?: boolean;
}

/** One run of a program. */
export class IsolatedProgram extends RunningProgram {
  readonly #place: ReturnType<typeof workspace>;

  constructor(options: IsolatedOptions, place = prepared(options)) {
    const { command, env, inCopy, offline } = options;
    super([
      ...["unshare", "--mount", ...offline ? ["--net"] : []],
      ...["sh", "-c", ISOLATE, "sh", Deno.execPath(), place.path],
      ...[inCopy ? COPY : ROOT, ...command],
    ], {
      env: {
        ...offline ? { DENO_DIR: `${OWN}/cache` } : {},
        DENO,
        TMPDIR: "/var/tmp",
        CI: "",
        ...env,
      },
    });
    this.#place = place;
  }

  /** Sends a signal to the program alone, or to its group, as a terminal does. */
  async signal(name: Deno.Signal, to: "process" | "group"): Promise<void> {
    await until("the program's start", () => this.#read("pid").endsWith("\n"));
    const pid = Number(this.#read("pid"));
    await new Deno.Command("kill", {
      args: [
        `-${name.slice("SIG".length)}`,
        "--",
        `${to === "group" ? -pid : pid}`,
      ],
      stdin: "null",
      // It may have ended by itself.
      stderr: "null",
    }).output();
  }

  /** Names in its /tmp and /var/tmp, with those below directories of ours. */
  made(): string[] {
    const names: string[] = [];
    const walk = (directory: string, depth: number) => {
      for (const { name, isDirectory } of entries(directory)) {
        const path = `${directory}/${name}`;
        names.push(path.slice(this.#place.path.length));
        if (isDirectory && depth > 0) walk(path, depth - 1);
      }
    };
    for (const name of ["tmp", "var", "copy/dist"]) {
      walk(`${this.#place.path}/${name}`, 3);
    }
    return names;
  }

  /** Resolves when it has made or printed what `sign` says, however long that takes. */
  async comesTo(sign: RegExp): Promise<void> {
    let ended = false;
    void this.status.then(() => ended = true);
    while (
      !sign.test(this.output) && !this.made().some((name) => sign.test(name))
    ) {
      if (ended) throw new Error(`It did not come to ${sign}: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Nothing is left: no file, no mount, no process. */
  async leavesNothing(): Promise<void> {
    equal(this.made().join("\n"), "", this.output);
    // Mounts of others can go meanwhile: they were copied, and their
    // directories are removed.
    const before = new Set(this.#read("before").split("\n"));
    const more = this.#read("after").split("\n")
      .filter((line) => !before.has(line));
    equal(more.join("\n"), "", this.output);
    await this.mark.gone();
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    this.#place[Symbol.dispose]();
  }

  #read(name: string): string {
    try {
      return Deno.readTextFileSync(`${this.#place.path}/${name}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }
}

/** A directory with what it is to find there. */
function prepared(
  { files = {}, inCopy }: IsolatedOptions,
): ReturnType<typeof workspace> {
  const place = workspace();
  const { path } = place;
  // Some programs become ordinary users.
  Deno.chmodSync(path, 0o755);
  for (const [name, text] of Object.entries(files)) {
    Deno.writeTextFileSync(`${path}/${name}`, text);
    Deno.chmodSync(`${path}/${name}`, 0o755);
  }
  for (const name of ["tmp", "var", "cache"]) {
    Deno.mkdirSync(`${path}/${name}`);
    Deno.chmodSync(`${path}/${name}`, 0o1777);
  }
  if (inCopy) copyCheckout(`${path}/copy`);
  return place;
}

/** Copies the checkout into a new directory, without what was made of it. */
export function copyCheckout(to: string): void {
  const names = [...Deno.readDirSync(ROOT)].map(({ name }) => name)
    .filter((name) => ![".git", "dist", "node_modules"].includes(name));
  Deno.mkdirSync(to);
  runCommand(["cp", "-R", "--", ...names, to], ROOT);
}

/** What is in a directory, or nothing where it has gone meanwhile. */
function entries(directory: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(directory)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
