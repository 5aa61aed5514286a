/** What is offered for operands and values of virtfs-shares and virtfs-top. */
import { deepEqual } from "node:assert/strict";
import { COMMANDS, SHARES, TOP } from "../../scripts/completions/tools.ts";
import { workspace } from "../support/workspace.ts";
import { lines, ROOT } from "./commands.ts";
import { becomes, completionOf, offers, twoNames } from "./completions.ts";

for (const { program, options } of [SHARES, TOP]) {
  Deno.test(`The completions of ${program} have what its --help has, in that order`, async () => {
    const help = await lines(`${ROOT}/scripts/${program}`, ["--help"]);
    const shown = help.flatMap((line) => {
      const [, letter, name, value] =
        /^ {2}(?:-(\w),| {3}) --([a-z-]+)(?:[= ]([A-Z]+))?/.exec(line) ?? [];
      return name === undefined ? [] : [[letter, name, value]];
    });
    deepEqual(
      options.map(({ short, long, value }) => [short, long, value]),
      shown,
    );
  });
}

Deno.test("The completions of virtfs-shares have the commands of its --help", async () => {
  const help = await lines(`${ROOT}/scripts/virtfs-shares`, ["--help"]);
  const shown = help.flatMap((line) => {
    const [, name, text] = /^ {2}([a-z]+) (?:\[NAME\]\.\.\.)? *(.*)$/
      .exec(line) ?? [];
    return name === undefined ? [] : [[name, text]];
  });
  deepEqual(Object.entries(COMMANDS), shown);
});

const shares = completionOf("virtfs-shares");

offers(shares, {
  bash: [
    [[""], Object.keys(COMMANDS)],
    [["st"], ["start", "stop", "status"]],
    [["-n", "rest"], ["restart"]],
    [["--f"], ["--file"]],
    [["start", "--d"], ["--dry-run"]],
    [["-f", "/nonexistent/shares", "start", ""], []],
    [["start", "a", ":", "b"], []],
  ],
  fish: [
    ["", Object.keys(COMMANDS).sort()],
    ["-n rest", ["restart"]],
    ["-f /nonexistent/shares start ", []],
  ],
});

/** A file of shares, in a directory whose name has a blank. */
function fileOfShares() {
  const { path, [Symbol.dispose]: dispose } = workspace();
  const file = `${path}/shares of mine`;
  Deno.writeTextFileSync(
    file,
    "web vhost /srv/web\nwiki.1 proxy '/srv/a b' --readonly\nold proxy /srv/old\n",
  );
  return { file, [Symbol.dispose]: dispose };
}

shares.test("bash", "completes names of shares", async () => {
  using made = fileOfShares();
  const { file } = made;
  for (
    const [before, offered] of [
      [["-f", file, "start", "w"], ["web", "wiki.1"]],
      [[`-f${file}`, "start", "we"], ["web"]],
      [["-nf", file, "stop", "o"], ["old"]],
      [[`-nf${file}`, "stop", "o"], ["old"]],
      [["--file", "=", file, "restart", "w"], ["web", "wiki.1"]],
      [[`--file=${file}`, "status", "old", ""], ["web", "wiki.1", "old"]],
      [["command", "--file", file, "w"], ["web", "wiki.1"]],
    ] as const
  ) deepEqual(await shares.inBash(before), offered, before.join(" "));
});

shares.test("fish", "completes names of shares", async () => {
  using made = fileOfShares();
  const file = made.file.replaceAll(" ", "\\ ");
  for (
    const [before, offered] of [
      [`-f ${file} start w`, ["web", "wiki.1"]],
      [`-nf ${file} stop o`, ["old"]],
      [`--file=${file} restart w`, ["web", "wiki.1"]],
      [`status --file ${file} old `, ["old", "web", "wiki.1"]],
    ] as const
  ) deepEqual(await shares.inFish(before), offered, before);
});

shares.test("zsh", "completes commands and names of shares", async () => {
  using made = fileOfShares();
  const file = made.file.replaceAll(" ", "\\ ");
  const typed = {
    "res": "restart ",
    "-n stat": "-n status ",
    [`-f ${file} start we`]: `-f ${file} start web `,
    [`-nf ${file} stop web o`]: `-nf ${file} stop web old `,
    [`--file=${file} command wi`]: `--file=${file} command wiki.1 `,
    "-f /nonexistent/shares start we": "-f /nonexistent/shares start we",
    "--file /proc/cpuin": "--file /proc/cpuinfo ",
  };
  deepEqual(
    await shares.inZsh(Object.keys(typed)),
    Object.values(typed),
  );
});

const top = completionOf("virtfs-top");

offers(top, {
  bash: [
    [["--sort", "d"], ["descriptors"]],
    [["--sort", "=", "la"], ["latency"]],
    [["-s", "na"], ["name"]],
    [["-sna"], ["-sname"]],
    [["-i", ""], []],
    [["--on"], ["--once"]],
  ],
  fish: [
    ["--sort=d", ["--sort=descriptors"]],
    ["-s la", ["latency"]],
    ["-i ", []],
  ],
});

top.test("bash", "completes files and directories", async () => {
  using made = twoNames(" ");
  const { start, directory, file } = made;
  for (const before of [[start], ["--once", "/run", start], ["--", start]]) {
    deepEqual(
      (await top.inBash(before)).sort(),
      [directory, file, "compopt -o filenames"],
    );
  }
});

top.test("fish", "completes files and directories", async () => {
  using made = twoNames("_");
  const { start, directory, file } = made;
  deepEqual(await top.inFish(`--once ${start}`), [`${directory}/`, file]);
});

becomes(top, {
  "--sort=de": "--sort=descriptors ",
  "-s na": "-s name ",
  "/usr/bi": "/usr/bin/",
  "--once /usr /proc/cpuin": "--once /usr /proc/cpuinfo ",
});
