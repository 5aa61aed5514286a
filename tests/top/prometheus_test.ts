/** Reading files of figures, right and wrong ones. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { readFigures } from "../../scripts/top/figures.ts";
import {
  MalformedFile,
  parseSamples,
  type Sample,
} from "../../scripts/top/prometheus.ts";
import { format, line, SAMPLE, sample } from "./figures.ts";

const text = fc.string({ unit: "binary" });
const samples: fc.Arbitrary<Sample[]> = fc.array(fc.record({
  name: fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,9}$/),
  labels: fc.uniqueArray(
    fc.tuple(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,5}$/), text),
    { selector: ([label]) => label, maxLength: 4 },
  ).map((pairs) => new Map(pairs)),
  // -0 is written as 0.
  value: fc.double().map((value) => value === 0 ? 0 : value),
}));

/** Pieces of which texts are made that are nearly right. */
const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      ...[
        "virtfs_info",
        "virtfs_jail",
        "{",
        "}",
        'share="',
        '"',
        "\\",
        "=",
        ",",
      ],
      ...["\n", " ", "1", "NaN", "+Inf", "# HELP", "program", "1e999", "0x1"],
    ),
    text,
  ),
).map((pieces) => pieces.join(""));

Deno.test("What is written in Prometheus' format is read as it was", () => {
  fc.assert(fc.property(samples, (samples) => {
    deepEqual(parseSamples(format(samples)), samples);
  }));
});

Deno.test("A text without sense is refused, by the one error that there is for it", () => {
  const read = (text: string) => {
    for (const parse of [parseSamples, readFigures]) {
      try {
        parse(text);
      } catch (error) {
        ok(error instanceof MalformedFile, String(error));
        // It says nothing of what strangers have written.
        ok(/^[ -~]{1,120}$/.test(error.message), error.message);
      }
    }
  };
  fc.assert(fc.property(fc.oneof(pieces, text), read));
  // A file of a helper with something else in one place.
  const place = fc.nat(SAMPLE.length);
  fc.assert(fc.property(place, fc.nat(9), pieces, (at, length, other) => {
    read(SAMPLE.slice(0, at) + other + SAMPLE.slice(at + length));
  }));
});

Deno.test("A label's value of any length is read, and a quote that is not closed is found", () => {
  const long = "\\\\\\n".repeat(1_000_000);
  equal(
    parseSamples(`a{b="${long}"} 1\n`)[0]?.labels.get("b"),
    "\\\n".repeat(1_000_000),
  );
  throws(() => parseSamples(`a{b="${long} 1\n`), /line 1: a quote is not/);
});

Deno.test("A share's name is read if it can be one, and refused if it is so long that it would take seconds to draw", () => {
  const named = (share: string) =>
    readFigures(`virtfs_info{program="p",share="${share}",version="1"} 1\n`);
  const longest = "\\\\xff".repeat(4095);
  equal(named(longest)?.share, "\\xff".repeat(4095));
  throws(() => named("x".repeat(20_000)), /longer than any path/);
});

for (
  const [what, text, reason] of [
    ["that ends early", SAMPLE.slice(0, 5000), /^it ends in the middle of/],
    [
      "with a value that is no number",
      "a 1\nb x\n",
      /^line 2: the value is no/,
    ],
    [
      "with a label twice",
      'a{b="",b=""} 1\n',
      /^line 1: a label is there twice/,
    ],
    ["with an unknown escape", 'a{b="\\t"} 1\n', /^line 1: there is no such/],
    ["with something behind the timestamp", "a 1 2 3\n", /^line 1: something/],
    [
      "without an end",
      "a 1\n".repeat(20_001),
      /^it has more than 20000 samples/,
    ],
  ] as const
) {
  Deno.test(`A file ${what} is refused`, () => {
    throws(() => parseSamples(text), (error: MalformedFile) => {
      ok(error instanceof MalformedFile);
      return reason.test(error.message);
    });
  });
}

for (
  const [what, text, reason] of [
    ["of two helpers", sample() + sample({ share: "/srv/b" }), /more than one/],
    ["that says not whose it is", line("virtfs_inodes", 1), /no virtfs_info/],
    [
      "with less than nothing",
      sample({ lines: line("virtfs_serving", -1) }),
      /not a number/,
    ],
    [
      "with more than there can be",
      sample({ lines: line("virtfs_serving", 1e300) }),
      /not a number/,
    ],
    [
      "without a label",
      sample() + line("virtfs_jail", 1),
      /has no label property/,
    ],
  ] as const
) {
  Deno.test(`Figures ${what} are refused`, () => {
    throws(() => readFigures(text), reason);
  });
}

Deno.test("A file of other programs is no helper's, and no mistake", () => {
  equal(readFigures('node_time_seconds 1\nup{job="x"} 1 1234567\n'), undefined);
  equal(readFigures(""), undefined);
});

Deno.test("All that a helper writes is understood", () => {
  const figures = readFigures(SAMPLE);
  ok(figures);
  const { program, share, version, start, read, written } = figures;
  deepEqual({ program, share, version, start, read, written }, {
    program: "virtfs-vhost-helper",
    share: "/srv/share",
    version: "0.2.0",
    start: 1795694400.25,
    read: 7457820672,
    written: 410419200,
  });
  equal(figures.requests.get("READ"), 910233);
  deepEqual(figures.failures[0], {
    request: "LOOKUP",
    errno: "ENOENT",
    count: 30210,
  });
  deepEqual(figures.durations.get("WRITE"), {
    median: 0.000022528,
    p99: 0.0002048,
    longest: 2.510233,
    sum: 4.60112,
    count: 100200,
  });
  deepEqual(figures.buckets.at(-1), { limit: Infinity, count: 1530791 });
  deepEqual(
    [figures.descriptors, figures.inodes, figures.polling, figures.working],
    [1841, 1790, 31.5, 20.827314],
  );
  deepEqual([...figures.jail].filter(([, holds]) => !holds), [
    ["namespaces", false],
  ]);
  equal(figures.jail.size, 15);
  equal(figures.serving, true);
  equal(figures.interval, 5);
  const more = readFigures(
    sample({
      lines: line("virtfs_serving", 0) +
        line("virtfs_metrics_interval_seconds", 60),
    }),
  );
  deepEqual([more?.serving, more?.interval], [false, 60]);
});
