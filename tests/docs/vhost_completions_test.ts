/** What is offered for values of virtfs-vhost-helper. */
import { deepEqual } from "node:assert/strict";
import { becomes, completionOf, offers, twoNames } from "./completions.ts";

const completion = completionOf("virtfs-vhost-helper");
const { test, inBash, inFish } = completion;

offers(completion, {
  bash: [
    [["--socket"], ["--socket-path", "--socket", "--socket-group"]],
    [["--xattr", "--v"], ["--version"]],
    [["--cache", ""], ["auto", "always", "never", "metadata"]],
    [["--cache", "n"], ["never"]],
    [["--cache", "=", "n"], ["never"]],
    [["--cache=n"], ["--cache=never"]],
    [["--socket-group", "roo"], ["root"]],
    [["--map-root", "=", "roo"], ["root"]],
    // The value of these is behind = alone, so that an option follows a space.
    [["--posix-acl", "="], ["never", "auto", "always"]],
    [["--posix-acl", "--read"], ["--readonly"]],
    [["--inode-file-handles=p"], ["--inode-file-handles=prefer"]],
    [["--inode-file-handles", "--read"], ["--readonly"]],
    [["-o", ""], []],
    [["-do", ""], []],
    [["-o", "cache=none", "--xattrm"], ["--xattrmap"]],
    [["--fd", "=", "3"], []],
    [["--nothing"], []],
  ],
  fish: [
    ["--log-level ", ["debug", "error", "info", "off", "trace", "warn"]],
    ["--cache=n", ["--cache=never"]],
    ["--posix-acl=a", ["--posix-acl=always", "--posix-acl=auto"]],
    ["--posix-acl ", []],
    ["--fd ", []],
    ["", []],
    ["--socket-group roo", ["root"]],
    ["--map-root roo", ["root"]],
  ],
});

test(
  "bash",
  "completes --shared-dir with directories, --socket-path with files too",
  async () => {
    using made = twoNames(" ");
    const { start, directory, file } = made;
    const names = ["compopt -o filenames", directory];
    deepEqual(await inBash(["--shared-dir", start]), names);
    deepEqual(await inBash(["--shared-dir", "=", start]), names);
    deepEqual(
      (await inBash(["--socket-path", start])).sort(),
      [directory, file, "compopt -o filenames"],
    );
  },
);

test(
  "fish",
  "completes --shared-dir with directories, --socket-path with files too",
  async () => {
    using made = twoNames("_");
    const { start, directory, file } = made;
    deepEqual(await inFish(`--shared-dir ${start}`), [`${directory}/`]);
    deepEqual(
      await inFish(`--socket-path ${start}`),
      [`${directory}/`, file],
    );
  },
);

becomes(completion, {
  "--log-f": "--log-format=",
  "--die": "--die-with-parent ",
  "--log-level w": "--log-level warn ",
  "--cache=n": "--cache=never ",
  "--posix-acl=al": "--posix-acl=always ",
  "--inode-file-handles=m": "--inode-file-handles=mandatory ",
  "--socket-group roo": "--socket-group root ",
  "--shared-dir /usr/bi": "--shared-dir /usr/bin/",
  "--shared-dir=/usr/bi": "--shared-dir=/usr/bin/",
  "--socket-path /proc/cpuin": "--socket-path /proc/cpuinfo ",
  "--map-uid 0:1:1 --map-u": "--map-uid 0:1:1 --map-uid=",
  "--fd roo": "--fd roo",
  "/usr/bi": "/usr/bi",
});
