/** Each manual page is in step with its program, and well formed. */
import { deepEqual, ok, throws } from "node:assert/strict";
import { OPTIONS } from "../../src/cli/options.ts";
import { UsageError } from "../../src/errors.ts";
import { parseArguments } from "../../src/vhost_user_fs/cli/arguments.ts";
import {
  isLongOption,
  OPTIONS as VHOST_OPTIONS,
} from "../../src/vhost_user_fs/cli/options.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { lines } from "./commands.ts";
import {
  displays,
  entries,
  manualOf,
  plain,
  type Program,
  sections,
  source,
  subsections,
} from "./manual.ts";

const test = testsThatNeed("groff");

/** What both option tables say of an option. */
interface Option {
  readonly short?: string;
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly bare?: string;
  readonly equals?: true;
  readonly help: string;
}

/** A page, and what it is held against. */
interface Page {
  readonly program: Program;
  readonly options: Readonly<Record<string, Option>>;
  /** Options that are known by other letters besides. */
  readonly others: readonly string[];
  /** Whether an option has a long name. */
  readonly isLong: (name: string) => boolean;
  /** The heading of the section about the program whose place it takes. */
  readonly differences: string;
  /** What is on it. */
  readonly purpose: string;
}

const PAGES: readonly Page[] = [{
  program: "virtfs-proxy-helper",
  options: OPTIONS,
  // The original's other letter for help.
  others: ["?"],
  isLong: () => true,
  differences: "DIFFERENCES FROM THE ORIGINAL",
  purpose: "serve a host directory to QEMU",
}, {
  program: "virtfs-vhost-helper",
  options: VHOST_OPTIONS,
  others: [],
  isLong: isLongOption,
  differences: "DIFFERENCES FROM VIRTIOFSD",
  purpose: "serve a host directory to a guest by vhost-user-fs",
}];

/** How the page has to head the entry of an option. */
function headOf(page: Page, name: string, option: Option): string {
  const { short, value, bare, equals } = option;
  const argument = value === undefined ? "" : ` ${value}`;
  const joined = bare !== undefined
    ? `[=${value}]`
    : equals
    ? `=${value}`
    : argument;
  return [
    ...short === undefined ? [] : [`-${short}${argument}`],
    ...page.isLong(name) ? [`--${name}${joined}`] : [],
  ].join(", ");
}

for (const page of PAGES) {
  const { program, options } = page;
  const manual = manualOf(program);
  const explained = entries(sections(program).get("OPTIONS") ?? []);

  Deno.test(`${manual} explains every option of the table, in its order, and no other`, () => {
    const wanted = Object.entries(options).map(([name, option]) =>
      headOf(page, name, option)
    );
    deepEqual(explained.map(({ head }) => head), wanted);
  });

  for (const [at, { head, text }] of explained.entries()) {
    Deno.test(`${manual} has something to say about ${head}`, () => {
      // More than its line of the help.
      const words = plain(text.join(" ")).split(/\s+/).length;
      ok(words >= 6, `${words} words`);
    });

    const option = Object.values(options)[at];
    if (option?.choices === undefined) continue;
    Deno.test(`${manual} names what can be chosen for ${head}`, () => {
      const named = text.flatMap((line) =>
        /^\.Cm (\S+)/.exec(plain(line))?.[1] ?? []
      );
      deepEqual([...new Set(named)], option.choices);
    });
  }

  Deno.test(`${manual} speaks of the program's own options only, elsewhere too`, () => {
    const known = new Set(
      Object.entries(options).flatMap(([name, { short }]) => [
        ...page.isLong(name) ? [`-${name}`] : [],
        ...short === undefined ? [] : [short],
      ]),
    );
    for (const other of page.others) known.add(other);
    const mentioned = source(program).flatMap((line) =>
      [...plain(line).matchAll(/\bFl (\S+)/g)].map(([, name]) => name!)
    );
    ok(mentioned.length > known.size);
    deepEqual(mentioned.filter((name) => !known.has(name)), []);
  });

  Deno.test(`${manual} has the sections that a reader looks for`, () => {
    deepEqual([...sections(program).keys()], [
      "NAME",
      "SYNOPSIS",
      "DESCRIPTION",
      "OPTIONS",
      "SIGNALS",
      "ENVIRONMENT",
      "FILES",
      "EXIT STATUS",
      "EXAMPLES",
      "NOTES",
      page.differences,
      "SEE ALSO",
    ]);
  });

  Deno.test(`What is to be copied from ${manual} has real hyphens`, () => {
    for (const text of displays(program)) {
      deepEqual(text.split("\n").filter((line) => /(?<!\\)-/.test(line)), []);
    }
  });

  test(`groff finds no fault with ${manual}`, async () => {
    const args = ["-mdoc", "-ww", "-z", "-Tutf8", manual];
    deepEqual(await lines("groff", args), []);
  });

  test(`${manual} fits a terminal of 80 columns`, async () => {
    const args = ["-mdoc", "-Tutf8", "-P-cbou", manual];
    const formatted = await lines("groff", args);
    ok(formatted.length > 100);
    deepEqual(formatted.filter((line) => [...line].length > 80), []);
    ok(formatted.some((line) => line.includes(page.purpose)));
  });
}

Deno.test("The manual page of virtfs-vhost-helper names the file by which libvirt finds it", () => {
  const named = plain(source("virtfs-vhost-helper").join("\n"))
    .match(/(?<=\/usr\/share\/qemu\/vhost-user\/)\S+/g);
  const made = [
    ...Deno.readDirSync(new URL("../../contrib/qemu", import.meta.url)),
  ]
    .map(({ name }) => name);
  deepEqual(named, made);
});

/** Reads a command line of virtfs-vhost-helper that has all that it needs besides. */
const parse = (...args: string[]) =>
  parseArguments([...args, "--shared-dir=/srv", "--fd=3"]);

/** The options that a part of the manual's list of differences is about. */
function optionsUnder(heading: string): string[] {
  const list = subsections(
    sections("virtfs-vhost-helper").get("DIFFERENCES FROM VIRTIOFSD") ?? [],
  ).get(heading) ?? [];
  return entries(list).flatMap(({ head }) =>
    [...head.matchAll(/(?<=^|, |\s)-(?:-[a-z-]*[a-z]|o Cm [a-z_]+|[a-z]\b)/g)]
      .map(([option]) => option.replace("Cm ", ""))
  );
}

/** With these the program ends. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "--xattrmap": ["--xattrmap=:map::user.:"],
  "--security-label": ["--security-label", "--security-label=auto"],
  "--translate-uid": [
    "--translate-uid=host:0:1000:1",
    "--translate-uid=squash-guest:0:1000:1",
    "--translate-uid=squash-host:0:1000:1",
  ],
  "--translate-gid": ["--translate-gid=host:0:1000:1"],
  "-o flock": ["-oflock"],
  "-o posix_lock": ["-oposix_lock"],
};

Deno.test("The manual page of virtfs-vhost-helper lists what is refused", () => {
  deepEqual(optionsUnder("Refused"), Object.keys(REFUSED));
  for (const arg of Object.values(REFUSED).flat()) {
    throws(() => parse(arg), UsageError, arg);
  }
});

/** With these it warns; and so it warns of nothing. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly [string, string?]>> = {
  "--thread-pool-size": ["--thread-pool-size=2", "--thread-pool-size=1"],
  "--sandbox": ["--sandbox=none", "--sandbox=namespace"],
  "--inode-file-handles": [
    "--inode-file-handles=prefer",
    "--inode-file-handles=never",
  ],
  "--writeback": ["--writeback"],
  "--migration-mode": ["--migration-mode=find-paths"],
  "--migration-on-error": ["--migration-on-error=abort"],
  "--migration-verify-handles": ["--migration-verify-handles"],
  "--migration-confirm-paths": ["--migration-confirm-paths"],
  "-f": ["-f"],
};

Deno.test("The manual page of virtfs-vhost-helper lists what is without effect", () => {
  const warnings = (arg: string) => {
    const command = parse(arg);
    return command.kind === "serve" ? command.notes.length : undefined;
  };
  deepEqual(optionsUnder("Without effect"), Object.keys(WITHOUT_EFFECT));
  for (const [warned, silent] of Object.values(WITHOUT_EFFECT)) {
    deepEqual({ warned, n: warnings(warned) }, { warned, n: 1 });
    if (silent !== undefined) {
      deepEqual({ silent, n: warnings(silent) }, { silent, n: 0 });
    }
  }
});

Deno.test("The lists of the manual page and the help of virtfs-vhost-helper say the same", () => {
  const told = (word: string) =>
    Object.entries(VHOST_OPTIONS).filter(([, { help }]) =>
      help.startsWith(word)
    ).map(([name, option]) =>
      isLongOption(name) ? `--${name}` : `-${(option as Option).short}`
    );
  for (
    const [word, heading] of [
      ["refused", "Refused"],
      ["no effect", "Without effect"],
    ] as const
  ) {
    const listed = optionsUnder(heading);
    deepEqual(told(word).filter((name) => !listed.includes(name)), []);
  }
});

for (const text of displays("virtfs-vhost-helper").map(plain)) {
  const calls = text.replaceAll("\\\n", " ")
    .matchAll(/(?:^|[\s/])virtfs-vhost-helper (-.*?)(?: &)?$/gm);
  for (const [, args] of calls) {
    Deno.test(`The manual page gives arguments that are taken: ${args}`, () => {
      deepEqual(parseArguments(args!.trim().split(/\s+/)).kind, "serve");
    });
  }
}
