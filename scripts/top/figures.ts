/**
 * What a helper's file of figures says.
 *
 * @module
 */
import { MalformedFile, parseSamples, type Sample } from "./prometheus.ts";

/** How long the requests of a kind took since the start, in seconds. */
export interface Durations {
  readonly median?: number;
  readonly p99?: number;
  readonly longest?: number;
  readonly sum?: number;
  readonly count?: number;
}

/** How many requests of a kind failed with one errno. */
export interface Failures {
  readonly request: string;
  readonly errno: string;
  readonly count: number;
}

/** How many requests took at most so many seconds. */
export interface Bucket {
  readonly limit: number;
  readonly count: number;
}

/** What one file says; undefined is what it does not say. Texts are as the helper wrote them: not to be printed as they are. */
export interface Figures {
  readonly program: string;
  readonly share: string;
  readonly version: string;
  /** When it began to serve, in seconds since 1970. */
  readonly start: number | undefined;
  /** Whether it still served when it wrote the file. */
  readonly serving: boolean;
  /** How often it writes the file while there are requests, in seconds. */
  readonly interval: number;
  /** By kind. */
  readonly requests: ReadonlyMap<string, number>;
  readonly failures: readonly Failures[];
  readonly durations: ReadonlyMap<string, Durations>;
  /** Of requests of all kinds, by limit. */
  readonly buckets: readonly Bucket[];
  /** In bytes. */
  readonly read: number | undefined;
  readonly written: number | undefined;
  readonly descriptors: number | undefined;
  readonly inodes: number | undefined;
  /** In seconds. */
  readonly polling: number | undefined;
  /** How long all requests took together. */
  readonly working: number | undefined;
  /** Whether each property of the jail holds. */
  readonly jail: ReadonlyMap<string, boolean>;
}

/** A path has 4095 bytes at most, and one that is not UTF-8 is written as \xff. What is longer would take seconds to draw. */
const LONGEST_LABEL = 4 * 4096;
/** How often a helper writes that was told nothing else, in seconds. */
const USUAL_INTERVAL = 5;

/**
 * What a file says, or undefined where no helper has written it.
 *
 * @throws {MalformedFile} where the text is no such file
 */
export function readFigures(text: string): Figures | undefined {
  const samples = new Map<string, Sample[]>();
  for (const sample of parseSamples(text)) {
    const { name } = sample;
    if (!name.startsWith("virtfs_")) continue;
    const same = samples.get(name);
    if (same === undefined) samples.set(name, [sample]);
    else same.push(sample);
  }
  if (samples.size === 0) return undefined;
  const about = samples.get("virtfs_info")?.[0]?.labels;
  if (about === undefined) {
    throw new MalformedFile("it has no virtfs_info, which says whose it is");
  }
  const program = about.get("program") ?? "", share = about.get("share") ?? "";
  for (const { labels } of [...samples.values()].flat()) {
    for (const value of labels.values()) {
      if (value.length > LONGEST_LABEL) {
        throw new MalformedFile("a label's value is longer than any path");
      }
    }
    if (labels.get("program") !== program || labels.get("share") !== share) {
      throw new MalformedFile("it has the figures of more than one helper");
    }
  }
  const all = (name: string) => samples.get(name) ?? [];
  const single = (name: string) => {
    const [sample] = all(name);
    return sample && amount(sample);
  };
  return {
    program,
    share,
    version: about.get("version") ?? "",
    start: single("virtfs_start_time_seconds"),
    serving: single("virtfs_serving") !== 0,
    interval: single("virtfs_metrics_interval_seconds") ?? USUAL_INTERVAL,
    requests: new Map(
      all("virtfs_requests_total").map((
        sample,
      ) => [labelOf(sample, "request"), amount(sample)]),
    ),
    failures: all("virtfs_request_errors_total").map((sample) => ({
      request: labelOf(sample, "request"),
      errno: labelOf(sample, "errno"),
      count: amount(sample),
    })),
    durations: durationsOf(all),
    buckets: all("virtfs_duration_seconds_bucket").map((sample) => ({
      limit: limitOf(sample),
      count: amount(sample),
    })).sort((a, b) => a.limit - b.limit),
    read: single("virtfs_read_bytes_total"),
    written: single("virtfs_written_bytes_total"),
    descriptors: single("virtfs_open_descriptors"),
    inodes: single("virtfs_inodes"),
    polling: single("virtfs_polling_seconds_total"),
    working: single("virtfs_duration_seconds_sum"),
    jail: new Map(
      all("virtfs_jail").map((
        sample,
      ) => [labelOf(sample, "property"), amount(sample) !== 0]),
    ),
  };
}

const QUANTILES: ReadonlyMap<string, "median" | "p99" | "longest"> = new Map([
  ["0.5", "median"],
  ["0.99", "p99"],
  ["1", "longest"],
]);

function durationsOf(
  all: (name: string) => readonly Sample[],
): Map<string, Durations> {
  const durations = new Map<string, Durations>();
  const note = (sample: Sample, name: keyof Durations) => {
    const request = labelOf(sample, "request");
    durations.set(request, {
      ...durations.get(request),
      [name]: amount(sample),
    });
  };
  for (const sample of all("virtfs_request_duration_seconds")) {
    const name = QUANTILES.get(labelOf(sample, "quantile"));
    if (name !== undefined) note(sample, name);
  }
  for (const name of ["sum", "count"] as const) {
    for (const sample of all(`virtfs_request_duration_seconds_${name}`)) {
      note(sample, name);
    }
  }
  return durations;
}

function limitOf(sample: Sample): number {
  const le = labelOf(sample, "le");
  const limit = le === "+Inf" ? Infinity : Number(le);
  if (Number.isNaN(limit)) {
    throw new MalformedFile(`${sample.name}: le is no number`);
  }
  return limit;
}

function labelOf({ name, labels }: Sample, label: string): string {
  const value = labels.get(label);
  if (value === undefined) {
    throw new MalformedFile(`${name} has no label ${label}`);
  }
  return value;
}

/** None of the figures can be below 0, nor near this, whatever is counted. */
const HIGHEST = 2 ** 63;

function amount({ name, value }: Sample): number {
  if (!(value >= 0 && value <= HIGHEST)) {
    throw new MalformedFile(`${name} is not a number from 0 to 2^63`);
  }
  return value;
}

/** All requests. */
export function total(counts: Iterable<number>): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
