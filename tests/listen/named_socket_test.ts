/** `-s SOCKET -u UID -g GID`: the name and its owner. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { S_IFSOCK } from "../../ffi/constants.ts";
import { startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { tracedCalls } from "../support/strace.ts";
import { exists, exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");
const straceTest = testsThatNeed("root", "strace");

function owner(path: string) {
  using host = new Host();
  const { mode, uid, gid } = host.lstat(path);
  return { mode, uid, gid };
}

for (
  const [what, given, expected] of [
    ["numbers", [1234, 4321], { uid: 1234, gid: 4321 }],
    ["names", ["nobody", "daemon"], { uid: 65534, gid: 1 }],
    ["a name and a number", ["daemon", 77], { uid: 1, gid: 77 }],
    ["root", [0, 0], { uid: 0, gid: 0 }],
  ] as const
) {
  test(`The socket belongs to ${what}, with mode 0660 under any umask`, async () => {
    for (const mask of ["000", "077", "777"]) {
      await using helper = await startHelper({
        socket: true,
        owner: given,
        wrapper: ["sh", "-c", `umask ${mask} && exec "$@"`, "sh"],
      });
      deepEqual(owner(helper.socket), { mode: S_IFSOCK | 0o660, ...expected });
      await helper.endWell("SIGTERM");
    }
  });
}

straceTest(
  "Owner and mode are there from the first moment, as the name is made by its owner",
  async () => {
    using place = exportWorkspace();
    const log = `${place.path}/strace`;
    const traced =
      "umask,setfsuid,setfsgid,bind,listen,/^f?chmod,/^(f|l)?chown";
    await using helper = await startHelper({
      place,
      socket: true,
      owner: [1234, 4321],
      wrapper: ["strace", "-f", "-qq", "-o", log, "-e", `trace=${traced}`],
    });
    const { client } = helper;
    equal(client.lstat("/").errno, 0);
    await helper.finish();

    const calls = tracedCalls(Deno.readTextFileSync(log));
    const at = calls.findIndex(({ text }) => text.startsWith("bind("));
    const bind = calls[at]!;
    ok(bind.text.includes(`sun_path="${place.socket}"`), bind.text);
    match(bind.text, / = 0$/);
    // By one thread: others are the runtime's, and may change files in its cache.
    const own = calls.filter(({ thread }) => thread === bind.thread);
    // In this order; queries of the id that is set are left out.
    const steps = own.filter(({ text }) => !text.includes("(-1)"))
      .map(({ text }) => text.slice(0, text.indexOf("(")) + argument(text));
    deepEqual(steps.slice(0, 8), [
      "umask 0117",
      "setfsgid 4321",
      "setfsuid 1234",
      "bind",
      "setfsuid 0",
      "setfsgid 0",
      "umask 022",
      "umask 000",
    ]);
    ok(calls.findIndex(({ text }) => text.startsWith("listen(")) > at);
    deepEqual(
      own.slice(own.indexOf(bind))
        .filter(({ text }) => /^\w*(chmod|chown)\w*\(/.test(text)),
      [],
    );
  },
);

/** The first argument of a traced call, if it is a number. */
function argument(line: string): string {
  const [, number] = /\((\d+)\)/.exec(line) ?? [];
  return number === undefined ? "" : ` ${number}`;
}

for (
  const [what, socket, cwd] of [
    ["A relative path", "sock", "."],
    ["A path of 107 bytes", "x".repeat(107), "."],
    ["A path with ..", "export/../sock", "."],
    ["A path that begins with @", "@sock", "."],
  ] as const
) {
  test(`${what} is made, and removed`, async () => {
    using place = exportWorkspace();
    await using helper = await startHelper({
      place,
      socket,
      cwd: `${place.path}/${cwd}`,
    });
    equal(exists(`${place.path}/${socket}`), true);
    await helper.endWell("SIGTERM");
    equal(exists(`${place.path}/${socket}`), false);
  });
}

test("The owner of the socket need not have the right to make it", async () => {
  using place = exportWorkspace();
  Deno.mkdirSync(`${place.path}/private`, { mode: 0o700 });
  const socket = `${place.path}/private/sock`;
  await using helper = await startHelper({ place, socket, owner: [1234, 1] });
  equal(owner(socket).uid, 1234);
  await helper.endWell("SIGTERM");
});
