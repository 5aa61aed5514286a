/**
 * Figures of what is served, for whoever watches: requests, errors, durations,
 * bytes. All numbers are in arrays that are made once. Rows are requests by
 * their numbers; what these mean, only the front end knows.
 *
 * @module
 */
import type { Stopwatch } from "../../ffi/clock.ts";
import { bucketOf, bucketOfLong, BUCKETS } from "./durations.ts";

/** The row of requests that the protocol does not have. */
export const OTHER = 0;
/** Errnos of Linux are smaller (`asm-generic/errno.h`); what a file system returns beyond is in column 0. */
const ERRNO_LIMIT = 134;
const SECOND = 1e9;

/** Places in the array of what is counted over all requests. */
const REQUESTS = 0, READ = 1, WRITTEN = 2, POLLED = 3, BUSY = 4, TIMED = 5;

/** What the guest makes the helper hold. */
export interface Held {
  /** Descriptors of the guest's files. */
  readonly descriptors: number;
  /** Files and directories that the guest knows. */
  readonly inodes: number;
}

/** The figures of one process, over all of its connections. */
export class Figures {
  /** The names of requests by their numbers. */
  readonly names: readonly string[];
  /** How many requests of each number were answered. */
  readonly counts: Float64Array;
  /** How many of them failed: `ERRNO_LIMIT` columns a row. */
  readonly #errors: Float64Array;
  /** How long they took: `BUCKETS` columns a row. */
  readonly #durations: Float64Array;
  /** In all and at most, in ns. */
  readonly sums: Float64Array;
  readonly longest: Float64Array;
  readonly #totals = new Float64Array(6);
  /** The number of the request that is carried out, and its errno: what {@linkcode add} counts. */
  #request = OTHER;
  #errno = 0;
  /** What is held for the guest; undefined where nothing ever is. */
  held: (() => Held) | undefined;

  /** Whether requests are to be timed. */
  readonly timesAll: boolean;

  /**
   * @param names of requests by their numbers, none for those that there are not
   * @param timesAll whether requests are to be timed
   */
  constructor(names: readonly (string | undefined)[], timesAll: boolean) {
    this.timesAll = timesAll;
    const rows = names.length;
    this.names = Array.from(
      names,
      (name, number) => number === OTHER ? "other" : name ?? "",
    );
    this.counts = new Float64Array(rows);
    this.sums = new Float64Array(rows);
    this.longest = new Float64Array(rows);
    this.#errors = new Float64Array(rows * ERRNO_LIMIT);
    this.#durations = new Float64Array(rows * BUCKETS);
  }

  /** A request of this number is carried out, one that the protocol has. */
  begin(request: number): void {
    this.#request = request;
  }

  /** It fails with this errno, positive. */
  fail(errno: number): void {
    this.#errno = errno < ERRNO_LIMIT ? errno : 0;
    if (this.#errno === 0) this.#failOddly();
  }

  /** It is done, and has taken as long as `stopwatch` says. To be called before {@linkcode add}, if at all. */
  time(stopwatch: Stopwatch): void {
    const request = this.#request, { nanoseconds } = stopwatch;
    this.#totals[TIMED]! += 1;
    if (stopwatch.seconds > 0) this.#timeLong(request, stopwatch);
    else this.#addDuration(request, bucketOf(nanoseconds), nanoseconds);
  }

  /** It is done. */
  add(): void {
    const request = this.#request, errno = this.#errno;
    this.#request = OTHER;
    this.#errno = 0;
    this.counts[request]! += 1;
    this.#totals[REQUESTS]! += 1;
    if (errno !== 0) this.#errors[request * ERRNO_LIMIT + errno]! += 1;
  }

  /** So many bytes of a file have gone to the guest. */
  addRead(bytes: number): void {
    this.#totals[READ]! += bytes;
  }

  /** So many bytes of the guest's have gone to a file. */
  addWritten(bytes: number): void {
    this.#totals[WRITTEN]! += bytes;
  }

  /** A request was busy-waited for, so many ns. */
  addPolled(nanoseconds: number): void {
    this.#totals[POLLED]! += nanoseconds;
  }

  /** Requests of all kinds. */
  get requests(): number {
    return this.#totals[REQUESTS]!;
  }

  get read(): number {
    return this.#totals[READ]!;
  }

  get written(): number {
    return this.#totals[WRITTEN]!;
  }

  /** In ns. */
  get polled(): number {
    return this.#totals[POLLED]!;
  }

  /** How many requests were timed: all, or none where nobody reads that. */
  get timed(): number {
    return this.#totals[TIMED]!;
  }

  /** How long these have taken in all, in ns. */
  get busy(): number {
    return this.#totals[BUSY]!;
  }

  /** How often requests of this number have failed, by errno; 0 stands for errnos that Linux does not have. */
  errorsOf(request: number): Float64Array {
    return this.#errors.subarray(
      request * ERRNO_LIMIT,
      (request + 1) * ERRNO_LIMIT,
    );
  }

  /** How many requests of this number were of each duration, see {@linkcode ./durations.ts}. */
  durationsOf(request: number): Float64Array {
    return this.#durations.subarray(
      request * BUCKETS,
      (request + 1) * BUCKETS,
    );
  }

  #failOddly(): void {
    this.#errors[this.#request * ERRNO_LIMIT]! += 1;
  }

  #timeLong(request: number, { seconds, nanoseconds }: Stopwatch): void {
    const duration = seconds * SECOND + nanoseconds;
    this.#addDuration(request, bucketOfLong(duration), duration);
  }

  #addDuration(request: number, bucket: number, nanoseconds: number): void {
    this.#durations[request * BUCKETS + bucket]! += 1;
    this.sums[request]! += nanoseconds;
    this.#totals[BUSY]! += nanoseconds;
    if (nanoseconds > this.longest[request]!) {
      this.longest[request] = nanoseconds;
    }
  }
}
