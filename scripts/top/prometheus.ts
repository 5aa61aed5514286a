/**
 * Reads Prometheus' text format, version 0.0.4, as far as the helpers write it:
 * comments and samples, each in a line of its own.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/}
 * @module
 */

/** A number with its name and labels. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** May be NaN or infinite. */
  readonly value: number;
}

/**
 * A file is not what it should be. The message says where and how, and has
 * nothing of the file's contents: it may be printed.
 */
export class MalformedFile extends Error {
  override name = "MalformedFile";
}

/** Several times as many as a helper that has made every error writes. */
const MOST_SAMPLES = 20_000;

/**
 * The samples of a file, in its order.
 *
 * @throws {MalformedFile} for any other text
 */
export function parseSamples(text: string): Sample[] {
  if (text !== "" && !text.endsWith("\n")) {
    throw new MalformedFile("it ends in the middle of a line");
  }
  const samples: Sample[] = [];
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    const start = skipBlanks(line, 0);
    if (start === line.length || line[start] === "#") continue;
    if (samples.length === MOST_SAMPLES) {
      throw new MalformedFile(`it has more than ${MOST_SAMPLES} samples`);
    }
    samples.push(new SampleLine(line, start, number).sample());
  }
  return samples;
}

/** `NAME{LABEL="VALUE",…} NUMBER TIMESTAMP`: labels and timestamp may be missing. */
class SampleLine {
  #at: number;
  readonly #line: string;
  readonly #number: number;

  constructor(line: string, at: number, number: number) {
    this.#line = line;
    this.#at = at;
    this.#number = number;
  }

  sample(): Sample {
    const name = this.#name(
      /[a-zA-Z_:][a-zA-Z0-9_:]*/y,
      "the name of a metric",
    );
    this.#skipBlanks();
    const labels = this.#line[this.#at] === "{"
      ? this.#labels()
      : new Map<string, string>();
    const [value = "", timestamp = "0", ...more] = this.#line.slice(this.#at)
      .split(/[ \t]+/).filter((word) => word !== "");
    if (!/^-?[0-9]+$/.test(timestamp) || more.length > 0) {
      this.#fail("something stands behind the value");
    }
    return { name, labels, value: this.#value(value) };
  }

  /** Between braces; a comma may stand behind the last one. */
  #labels(): Map<string, string> {
    const labels = new Map<string, string>();
    this.#at++;
    for (;;) {
      this.#skipBlanks();
      if (this.#takes("}")) return labels;
      const label = this.#name(
        /[a-zA-Z_][a-zA-Z0-9_]*/y,
        "the name of a label",
      );
      if (labels.has(label)) this.#fail("a label is there twice");
      this.#skipBlanks();
      if (!this.#takes("=")) this.#fail("= is missing behind a label");
      this.#skipBlanks();
      labels.set(label, this.#quoted());
      this.#skipBlanks();
      if (!this.#takes(",") && this.#line[this.#at] !== "}") {
        this.#fail("neither a comma nor } is behind a label");
      }
    }
  }

  /** A loop, as a regular expression needs memory for each character of a long one. */
  #quoted(): string {
    if (!this.#takes('"')) this.#fail("a label's value is not in quotes");
    let text = "", from = this.#at;
    for (;; this.#at++) {
      const character = this.#line[this.#at];
      if (character === '"') {
        return text + this.#line.slice(from, this.#at++);
      }
      if (character === undefined) this.#fail("a quote is not closed");
      if (character !== "\\") continue;
      const escaped = ESCAPES[this.#line[this.#at + 1] ?? ""];
      if (escaped === undefined) this.#fail("there is no such escape");
      text += this.#line.slice(from, this.#at) + escaped;
      from = ++this.#at + 1;
    }
  }

  #value(word: string): number {
    const value = SPECIAL_VALUES[word.toLowerCase()];
    if (value !== undefined) return value;
    if (!/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(word)) {
      this.#fail("the value is no number");
    }
    return Number(word);
  }

  #name(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at;
    const name = pattern.exec(this.#line)?.[0];
    if (name === undefined) this.#fail(`${what} is missing`);
    this.#at += name.length;
    return name;
  }

  #takes(character: string): boolean {
    if (this.#line[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    this.#at = skipBlanks(this.#line, this.#at);
  }

  #fail(how: string): never {
    throw new MalformedFile(`line ${this.#number}: ${how}`);
  }
}

const ESCAPES: Readonly<Record<string, string | undefined>> = {
  __proto__: null!,
  "\\": "\\",
  '"': '"',
  n: "\n",
};

const SPECIAL_VALUES: Readonly<Record<string, number | undefined>> = {
  __proto__: null!,
  nan: NaN,
  inf: Infinity,
  "+inf": Infinity,
  "-inf": -Infinity,
};

function skipBlanks(line: string, at: number): number {
  while (line[at] === " " || line[at] === "\t") at++;
  return at;
}
