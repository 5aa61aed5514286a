/** The helper by its name: for ps, pidof and pgrep, as an administrator asks them. */
import { deepEqual, equal } from "node:assert/strict";
import { parseArgumentArea, renameArguments } from "../../src/process/name.ts";
import { startDaemon, startListening } from "../support/daemon.ts";
import { Host } from "../support/host.ts";
import { shell } from "../support/processes.ts";
import { lacking } from "../support/requirements.ts";
import { yard } from "../support/yard.ts";

const needs = { ignore: lacking("root", "procps").length > 0 };
const NAME = "virtfs-proxy-helper";
/** What the kernel keeps of a name. */
const SHORT = NAME.slice(0, 15);

/** Whether each way to ask for the program finds process `pid`. */
async function foundBy(pid: number): Promise<Record<string, boolean>> {
  const ways = [
    `pidof ${NAME}`,
    `ps -o pid= -C ${NAME}`,
    // It knows names of 15 bytes, or whole command lines.
    `pgrep -x ${SHORT}`,
    `pgrep -f '^${NAME} '`,
  ];
  const found = ways.map(async (way) => {
    const pids = (await shell(way)).split(/\s+/);
    return [way, pids.includes(String(pid))] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

async function check(pid: number, args: readonly string[]): Promise<void> {
  using host = new Host();
  const found = await foundBy(pid);
  deepEqual(
    found,
    Object.fromEntries(Object.keys(found).map((w) => [w, true])),
  );
  equal(await shell(`ps -o args= -p ${pid}`), [NAME, ...args].join(" "));
  equal(host.readFile(`/proc/${pid}/comm`), `${SHORT}\n`);
  // What follows the arguments in memory is as it was.
  equal(
    host.readFile(`/proc/${pid}/environ`).includes(`DENO=${Deno.execPath()}\0`),
    true,
  );
}

Deno.test({
  name: "In the foreground the helper is found by the program's name",
  ...needs,
  async fn() {
    using place = yard();
    await using helper = await startListening(place.export, place.socket, [
      0,
      0,
    ], { args: ["--log-level", "debug"] });
    await check(
      helper.pid,
      ["-n", "-p", place.export, "-s", place.socket, "-u", "0", "-g", "0"]
        .concat("--log-level", "debug"),
    );
    helper.kill("SIGTERM");
    equal((await helper.end()).code, 0);
  },
});

Deno.test({
  name: "In the background the helper is found by the program's name",
  ...needs,
  async fn() {
    using place = yard();
    const pidFile = `${place.path}/pid`;
    await using daemon = await startDaemon(place.export, [
      "--pid-file",
      pidFile,
    ]);
    const command = await shell(`ps -o args= -p ${daemon.pid}`);
    const fd = / -f (\d+) /.exec(command)?.[1] ?? "";
    await check(
      daemon.pid,
      ["-p", place.export, "-f", fd, "--pid-file", pidFile],
    );
    equal(Number(Deno.readTextFileSync(pidFile)), daemon.pid);
    equal(daemon.client.lstat("/").errno, 0);
  },
});

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("The arguments are replaced by the name and the program's own, to the last byte", () => {
  const cmdline = bytes("/usr/bin/deno\0run\0-q\0main.ts\0-p\0/a b\0\0");
  deepEqual(
    renameArguments(cmdline, "helper", ["-p", "/a b", ""]),
    bytes("helper\0-p\0/a b\0\0".padEnd(cmdline.length, "\0")),
  );
  deepEqual(
    renameArguments(bytes("/bin/helper\0"), "helper", []),
    bytes("helper\0".padEnd("/bin/helper\0".length, "\0")),
  );
  deepEqual(
    renameArguments(bytes("helper\0-n\0"), "helper", ["-n"]),
    bytes("helper\0-n\0"),
  );
});

Deno.test("Bytes of arguments stay that are not UTF-8", () => {
  const cmdline = new Uint8Array([...bytes("/bin/helper\0"), 0x2f, 0xff, 0]);
  const renamed = renameArguments(cmdline, "helper", ["/\ufffd"]);
  deepEqual([...renamed!.subarray(7, 10)], [0x2f, 0xff, 0]);
});

Deno.test("Arguments that are not what they should be stay", () => {
  // The name does not fit.
  equal(renameArguments(bytes("./h\0-n\0"), "helper", ["-n"]), undefined);
  equal(renameArguments(bytes("-n\0"), "", ["-n"]), undefined);
  // Others than the program has been given, or more.
  equal(renameArguments(bytes("/bin/deno\0-n\0"), "h", ["-p"]), undefined);
  equal(renameArguments(bytes("-n\0"), "h", ["-n", "-n", "-n"]), undefined);
  // Somebody has written over their end already.
  equal(renameArguments(bytes("/bin/deno\0-n"), "h", ["-n"]), undefined);
  equal(renameArguments(bytes(""), "h", []), undefined);
});

Deno.test("The place of the arguments is read past any name", () => {
  const fields = Array.from({ length: 50 }, (_, at) => String(at + 3));
  for (const name of ["deno", "a) 1 2 (b", ")", "a b"]) {
    deepEqual(parseArgumentArea(`7 (${name}) ${fields.join(" ")}\n`), {
      start: 48n,
      end: 49n,
    });
  }
  equal(parseArgumentArea(""), undefined);
  equal(parseArgumentArea("7 (deno) S 1 2"), undefined);
});
