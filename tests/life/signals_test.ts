/** How the helper ends when it is told to, and what it answers before. */
import { equal, match, ok } from "node:assert/strict";
import { ConnectionError } from "../../src/proxy/client/connection.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { startHelper, startServing } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";

const EIO = 5;
const test = testsThatNeed("root");

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  test(`${signal} ends an idle helper with status 0`, async () => {
    await using helper = await startServing();
    const output = await helper.endWell(signal);
    match(output, new RegExp(`info: ${signal}: ending`));
  });
}

test("SIGTERM ends a helper that requests keep coming to, each of them answered whole", async () => {
  await using helper = await startHelper();
  let answered = 0;
  try {
    for (;;) {
      equal(helper.client.lstat("/").errno, 0);
      if (++answered === 2000) helper.kill("SIGTERM");
      // The helper looks for signals 20 times in a second, and answers far fewer meanwhile.
      ok(answered < 200_000, "the helper has not seen the signal");
    }
  } catch (error) {
    ok(error instanceof ConnectionError, String(error));
    // Unread, the request was lost: QEMU turns that into EIO.
    match(error.message, /ECONNRESET|EPIPE|has closed/);
  }
  await helper.endWell();
});

test("SIGTERM between the two halves of an OPEN answers it with EIO before the end", async () => {
  await using helper = await startServing();
  const open = encodeRequest("OPEN", { path: "/", flags: 0 });
  helper.connection.send(open.slice(0, open.length - 3));
  // Answered only once the helper has taken in what came before it: nothing tells from outside that it has.
  await untilRead(helper.pid);
  helper.kill("SIGTERM");
  equal(helper.connection.receiveWord().value, -EIO);
  await helper.endWell();
});

test("SIGTERM between the two halves of a LSTAT ends the connection", async () => {
  await using helper = await startServing();
  helper.connection.send(encodeRequest("LSTAT", { path: "/" }).slice(0, 9));
  await untilRead(helper.pid);
  helper.kill("SIGTERM");
  equal(helper.connection.receiveSome(1).length, 0);
  await helper.endWell();
});

/** Waits until a helper sleeps in poll(2) on another thread, having read all that there was. */
async function untilRead(pid: number): Promise<void> {
  // 7 is poll on x86_64, 73 is ppoll on aarch64.
  const command = new Deno.Command("sh", {
    args: ["-c", `grep -qE "^(7|73) " /proc/${pid}/task/*/syscall`],
    stdout: "null",
    stderr: "null",
  });
  while (!(await command.output()).success) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
