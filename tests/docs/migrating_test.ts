/** What docs/migrating.md says of options is so, and its commands run as they are written. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { parseArguments } from "../../src/vhost_user_fs/cli/arguments.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { block } from "./blocks.ts";
import { ROOT } from "./commands.ts";
import { onHost } from "./page_host.ts";

const test = testsThatNeed("root", "unshare");

/** The rows of the table that begins below `words`: the code in their first cells. */
function firstCells(words: string): string[][] {
  const text = Deno.readTextFileSync(`${ROOT}/docs/migrating.md`);
  const [, table = ""] = text.slice(text.indexOf(words)).split(/\n\n/);
  return table.split("\n").slice(2).map((row) =>
    [...row.split("|")[1]!.matchAll(/`([^`]+)`/g)].map(([, code]) => code!)
  );
}

/** Arguments of options that are refused. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "--xattrmap": ["--xattrmap=:map::user.virtiofs.:"],
  "--security-label": ["--security-label=auto"],
  "--translate-uid": [
    "--translate-uid=squash-guest:0:1000:65536",
    "--translate-gid=squash-guest:0:1000:65536",
  ],
  "-o flock": ["-o", "flock"],
};
/** Arguments of options that are taken with a warning. */
const IDLE: Readonly<Record<string, readonly string[]>> = {
  "--thread-pool-size": ["--thread-pool-size=2"],
  "--sandbox": ["--sandbox=chroot"],
  "--inode-file-handles": ["--inode-file-handles=prefer"],
  "--writeback": ["--writeback"],
  "--migration-…": ["--migration-mode=find-paths"],
};

const parse = (args: readonly string[]) =>
  parseArguments(["--fd=3", "--shared-dir=/srv/share", ...args]);

Deno.test("The options that docs/migrating.md says to be refused are", () => {
  const rows = firstCells("Options that are refused end");
  deepEqual(rows.map(([option]) => option), Object.keys(REFUSED));
  for (const args of Object.values(REFUSED)) {
    throws(() => parse(args), UsageError, args.join(" "));
  }
});

Deno.test("The options that docs/migrating.md says to be without effect are", () => {
  const rows = firstCells("These are taken, and the log warns");
  deepEqual(rows.map(([option]) => option), Object.keys(IDLE));
  for (const args of Object.values(IDLE)) {
    const command = parse(args);
    ok(command.kind === "serve" && command.notes.length === 1, args.join(" "));
  }
});

Deno.test("The words of virtiofsd in C are what docs/migrating.md says", () => {
  const rows = firstCells("Besides:").flat();
  const taken = ["-o cache=none", "-o killpriv_v2", "-o announce_submounts"];
  for (const option of rows) {
    const args = option.replace(/=$/, "=1").split(" ");
    if (taken.includes(option)) equal(parse(args).kind, "serve", option);
    else throws(() => parse(args), UsageError, option);
  }
  equal(rows.length, 9);
  for (const word of ["flock", "posix_lock"]) {
    throws(() => parse(["-o", word]), UsageError, word);
  }
});

test("By docs/migrating.md owners are moved, and moved back", async () => {
  equal(
    block("docs/migrating.md", "virtfs-vhost-helper --shared-dir"),
    block("docs/qemu.md", "virtfs-vhost-helper --shared-dir"),
  );
  const { stdout } = await onHost(`
    cd /srv/share
    mkdir "a directory"
    touch "a directory/file"
    ln "a directory/file" again
    ln -s /etc/passwd link
    chown -h 1000:65534 "a directory" link
    chown 0:1000 again
    owners() { stat -c "%n %u:%g" . */* *; echo; }
    owners
    ${block("docs/migrating.md", "id + 100000")}
    owners
    ${block("docs/migrating.md", "id - 100000")}
    owners
    stat -c %u /etc/passwd`);
  const [before, moved, after, passwd] = stdout.split("\n\n");
  deepEqual(before!.split("\n"), [
    ". 0:0",
    "a directory/file 0:1000",
    "a directory 1000:65534",
    "again 0:1000",
    "link 1000:65534",
  ]);
  equal(
    moved,
    before!.replace(
      /(\d+):(\d+)/g,
      (_, user, group) => `${Number(user) + 100000}:${Number(group) + 100000}`,
    ),
  );
  equal(after, before);
  equal(passwd, "0\n");
});
