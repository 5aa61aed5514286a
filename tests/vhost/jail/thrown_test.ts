/**
 * A fault in any module of the program, met in the jail: the guest gets EIO,
 * the log a line, and the next request its answer. The runtime looks for
 * nothing in the export, where each name that it might look for is a FIFO.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { errnoName } from "../../../ffi/errno.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  lookup,
  mkdir,
} from "../../../src/vhost_user_fs/client/requests/names.ts";
import { Host } from "../../support/host.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import {
  type Form,
  makeThrowing,
  WAYS,
} from "../../support/throwing_program.ts";
import { files, NEEDS, setTraps } from "../../support/traps.ts";
import { workspace } from "../../support/workspace.ts";
import { greet, startProgram } from "../support/program.ts";

for (const form of ["sources", "bundle", "binary"] as const) {
  testsThatNeed("root", NEEDS[form])(
    `What any module throws is EIO and a line in the log (${form})`,
    () => play(form),
  );
}

async function play(form: Form): Promise<void> {
  using directory = workspace();
  using host = new Host();
  const { command, modules } = await makeThrowing(
    directory.path,
    form,
    "virtfs-vhost-helper",
  );
  ok(modules.length > 100, `${modules.length} modules`);
  const top = `${directory.path}/export`;
  await setTraps(host, top, directory.path, modules);
  const before = files(top);
  const place = { export: top, socket: `${directory.path}/socket` };
  await using program = startProgram(place, "path", [
    ...["--socket-path=SOCKET", "--shared-dir=DIR", "--reconnect"],
    // Whoever opens a FIFO waits for ever, and so would this test.
  ], { program: ["timeout", "--signal=KILL", "300", command] });
  let expected = 0;
  const names = [
    ...modules.map((_, number) => `throw.${number}.error!`),
    ...Object.keys(WAYS).map((way) => `throw.0.${way}!`),
  ];
  // One connection has no more than a hundred lines.
  while (names.length > 0) {
    using frontEnd = await program.connect();
    const session = greet(frontEnd);
    session.caller = { uid: 1000, gid: 1000, pid: 1 };
    for (const name of names.splice(0, 45)) {
      for (const request of [lookup(ROOT, name), mkdir(ROOT, name, 0o755)]) {
        equal(errnoName(session.ask(request).errno), "EIO", name);
        session.must(getattr(ROOT));
        expected++;
      }
    }
  }
  program.kill("SIGTERM");
  const { code, output } = await program.end();
  equal(code, 0, output);
  const lines = output.split("\n").filter((line) =>
    line.includes("Cannot carry out a request: ")
  );
  equal(lines.length, expected, output);
  deepEqual(files(top), before);
}
