/** What is offered for values of virtfs-proxy-helper. */
import { deepEqual } from "node:assert/strict";
import { becomes, completionOf, offers, twoNames } from "./completions.ts";

const completion = completionOf("virtfs-proxy-helper");
const { test, inBash, inFish } = completion;

offers(completion, {
  bash: [
    [["--lo"], ["--log-level", "--log-format"]],
    [["-n", "--v"], ["--version"]],
    [["-p", "/srv", "--die"], ["--die-with-parent"]],
    [["--log-level", ""], ["error", "warning", "info", "debug"]],
    [["--log-level", "w"], ["warning"]],
    [["--log-format", ""], ["text", "json"]],
    [["--log-format", "="], ["text", "json"]],
    [["--log-format", "=", "j"], ["json"]],
    [["--log-format=j"], ["--log-format=json"]],
    [["-u", "roo"], ["root"]],
    [["-nu", "roo"], ["root"]],
    [["-uroo"], ["-uroot"]],
    [["-nuroo"], ["-nuroot"]],
    [["--uid", "=", "roo"], ["root"]],
    [["-g", "roo"], ["root"]],
    [["--gid", "roo"], ["root"]],
    [["-f", ""], []],
    [["--fd", "=", "3"], []],
    [["--nothing"], []],
    [["--", "-"], []],
  ],
  fish: [
    ["--log-level ", ["debug", "error", "info", "warning"]],
    ["--log-format=j", ["--log-format=json"]],
    ["-f ", []],
    ["", []],
    ["-u roo", ["root"]],
    ["--gid roo", ["root"]],
  ],
});

test(
  "bash",
  "completes -p with directories, -s and --pid-file with files too",
  async () => {
    using made = twoNames(" ");
    const { start, directory, file } = made;
    const names = ["compopt -o filenames", directory];
    deepEqual(await inBash(["-p", start]), names);
    deepEqual(await inBash(["--path", start]), names);
    deepEqual(await inBash(["--path", "=", start]), names);
    deepEqual(await inBash([`-np${start}`]), [
      "compopt -o filenames",
      "compopt -o nospace",
      `-np${directory}`,
    ]);
    for (const option of ["-s", "--socket", "--pid-file"]) {
      deepEqual(
        (await inBash([option, start])).sort(),
        [directory, file, "compopt -o filenames"],
        option,
      );
    }
  },
);

test(
  "fish",
  "completes -p with directories, -s and --pid-file with files too",
  async () => {
    using made = twoNames("_");
    const { start, directory, file } = made;
    deepEqual(await inFish(`-p ${start}`), [`${directory}/`]);
    for (const option of ["-s", "--pid-file"]) {
      const offered = await inFish(`${option} ${start}`);
      deepEqual(offered, [`${directory}/`, file], option);
    }
  },
);

becomes(completion, {
  "--log-f": "--log-format=",
  "--die": "--die-with-parent ",
  "--log-format=j": "--log-format=json ",
  "--log-level w": "--log-level warning ",
  "-n -u roo": "-n -u root ",
  "-nuroo": "-nuroot ",
  "--gid=roo": "--gid=root ",
  "-p /usr/bi": "-p /usr/bin/",
  "-np/usr/bi": "-np/usr/bin/",
  "--path=/usr/bi": "--path=/usr/bin/",
  "-s /proc/cpuin": "-s /proc/cpuinfo ",
  "--pid-file /proc/cpuin": "--pid-file /proc/cpuinfo ",
  "--uid-map 0:1:1 --uid-m": "--uid-map 0:1:1 --uid-map=",
  "-f roo": "-f roo",
  "/usr/bi": "/usr/bi",
});
