/**
 * Finds the files of figures of a host, and looks at them again and again.
 *
 * Whoever may write one of them may make anything of it: a pipe that nobody
 * writes to, a link to a file of others, a file without end.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { readFigures } from "./figures.ts";
import { isLocked } from "./lock.ts";
import { MalformedFile } from "./prometheus.ts";
import { Track } from "./track.ts";

/** Where the units' helpers write. */
export const DEFAULT_DIRECTORY = "/run/virtfs/metrics";
/** Ten times what a helper writes about a share whose name is as long as it can be. */
const LARGEST = 16 * 1024 * 1024;
/** How long a file that has gone is still shown, in ms. */
const REMEMBERED = 30_000;
/** How long a helper without requests is taken to live, in ms. */
const BELIEVED = 5_000;

/** A file of figures. */
export interface Entry {
  readonly path: string;
  /** What was understood of it last; undefined where nothing was. */
  readonly track: Track | undefined;
  /** Why it can't be read now, in words that may be printed; undefined where it can. */
  readonly fault: string | undefined;
  /** When it was seen to be there no more, in ms since 1970; undefined where it is there. */
  readonly gone: number | undefined;
  /** Whether it is old, and its helper is known to live no more. */
  readonly dead: boolean;
}

/** A directory or a file that was asked for can't be looked at. */
export interface Trouble {
  readonly path: string;
  readonly reason: string;
}

/** What is known of a file besides: whether it is to be read again. */
interface Known {
  readonly entry: Entry;
  readonly state: string;
  /** When its lock was looked at last, in ms since 1970. */
  readonly asked?: number;
}

/** The files of some directories, or some files. */
export class Watch {
  readonly #places: readonly string[];
  readonly #files = new Map<string, Known>();
  #troubles: Trouble[] = [];

  /** @param places directories and files */
  constructor(places: readonly string[]) {
    this.#places = places;
  }

  get places(): readonly string[] {
    return this.#places;
  }

  /** The files of helpers and those that can't be read, by path. */
  get entries(): Entry[] {
    return [...this.#files.values()].map(({ entry }) => entry)
      .filter(({ track, fault, gone }) =>
        track !== undefined || (fault !== undefined && gone === undefined)
      )
      .sort((a, b) => a.path < b.path ? -1 : 1);
  }

  /** What is wrong with the places. */
  get troubles(): readonly Trouble[] {
    return this.#troubles;
  }

  /** Looks at all, at the time `now` in ms since 1970. */
  look(now: number): void {
    this.#troubles = [];
    const found = new Set(
      this.#places.flatMap((place) => this.#filesOf(place)),
    );
    for (const path of found) this.#read(path);
    for (const [path, known] of this.#files) {
      const { entry } = known;
      if (found.has(path) && entry.gone === undefined) {
        entry.track?.note(now);
      } else if (entry.gone === undefined) {
        this.#files.set(path, {
          state: "",
          entry: { ...entry, fault: undefined, gone: now },
        });
      } else if (now - entry.gone > REMEMBERED || now < entry.gone) {
        this.#files.delete(path);
      }
    }
  }

  /** Finds out which helpers that have not written for long live, as of `now`. */
  async findDead(now: number): Promise<void> {
    const old = [...this.#files].filter(([, { entry, asked = -Infinity }]) =>
      entry.track?.isOld(now) === true && entry.track.figures.serving &&
      entry.fault === undefined && entry.gone === undefined && !entry.dead &&
      !(now - asked < BELIEVED)
    );
    await Promise.all(old.map(async ([path, known]) => {
      const asked = { ...known, asked: now };
      this.#files.set(path, asked);
      const locked = await isLocked(path);
      // Unless a look has found something else meanwhile.
      if (locked === false && this.#files.get(path) === asked) {
        const entry = { ...known.entry, dead: true };
        this.#files.set(path, { ...asked, entry });
      }
    }));
  }

  #filesOf(place: string): string[] {
    try {
      if (!Deno.statSync(place).isDirectory) return [place];
      return Array.from(Deno.readDirSync(place), ({ name }) => name)
        // A file that is being written begins with a dot.
        .filter((name) => name.endsWith(".prom") && !name.startsWith("."))
        .map((name) => `${place.replace(/\/+$/, "")}/${name}`);
    } catch (error) {
      const known = this.#files.get(place);
      // A file that was there has ended; one that never was is a mistake.
      if (!(error instanceof Deno.errors.NotFound) || known === undefined) {
        this.#troubles.push({ path: place, reason: reasonOf(error) });
      }
      return [];
    }
  }

  #read(path: string): void {
    const before = this.#files.get(path);
    const track = before?.entry.track;
    const set = (state: string, changes: Partial<Entry>) =>
      this.#files.set(path, {
        state,
        entry: {
          ...{ path, track, fault: undefined, gone: undefined, dead: false },
          ...changes,
        },
      });
    try {
      const content = readAnew(path, before?.state ?? "");
      if (content === undefined) return;
      const { state, text, written } = content;
      const figures = readFigures(text);
      // Other programs' files may be there, too.
      if (figures === undefined) set(state, { track: undefined });
      else if (
        track === undefined || track.figures.share !== figures.share ||
        track.figures.program !== figures.program
      ) set(state, { track: new Track(figures, written) });
      else {
        track.update(figures, written);
        set(state, {});
      }
    } catch (error) {
      // Between the look at the directory and this.
      if (isGone(error)) return;
      // Read again the next time: it may be in the middle of a change.
      set("", { fault: reasonOf(error) });
    }
  }
}

interface Content {
  /** Differs when the file was written anew. */
  readonly state: string;
  readonly text: string;
  /** In ms since 1970. */
  readonly written: number;
}

/** What is in a file whose state is no more `known`; else undefined. */
function readAnew(path: string, known: string): Content | undefined {
  const { isFile, isSymlink, ino, dev } = Deno.lstatSync(path);
  if (isSymlink) throw new MalformedFile("it is a symbolic link");
  if (!isFile) throw new MalformedFile("it is no regular file");
  // Should it be exchanged for a pipe just now, this does not wait for a writer.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const now = fstatSync(fd);
    if (now.ino !== ino || now.dev !== dev) {
      throw new MalformedFile("it was exchanged while it was opened");
    }
    const state = `${dev}:${ino}:${now.size}:${now.mtimeMs}`;
    if (state === known) return undefined;
    if (now.size > LARGEST) throw new MalformedFile("it is too large");
    return { state, text: readAll(fd), written: now.mtimeMs };
  } finally {
    closeSync(fd);
  }
}

function readAll(fd: number): string {
  const text = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let content = "", size = 0;
  for (;;) {
    const count = readSync(fd, buffer);
    if (count === 0) return content + text.decode();
    size += count;
    if (size > LARGEST) throw new MalformedFile("it is too large");
    content += text.decode(buffer.subarray(0, count), { stream: true });
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || codeOf(error) === "ENOENT";
}

/** The errno of node's errors. */
function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Why something can't be read, for the end of a sentence. */
function reasonOf(error: unknown): string {
  if (error instanceof MalformedFile) return error.message;
  if (error instanceof Deno.errors.NotFound) {
    return "there is no such file or directory";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "this program was started without the permission to read it";
  }
  if (
    error instanceof Deno.errors.PermissionDenied || codeOf(error) === "EACCES"
  ) return "you may not read it; root may";
  const [, reason] = /^([^:]*?)(?: \(os error \d+\))?(?::|$)/.exec(
    error instanceof Error ? error.message : "",
  ) ?? [];
  return reason || "it can't be read";
}
