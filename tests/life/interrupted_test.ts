/** SIGTERM while a request is being carried out: its answer goes out first. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { ConnectionError } from "../../src/proxy/client/connection.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { DESCRIPTOR_FOLLOWS } from "../../src/proxy/wire/protocol.ts";
import type { RunningProgram } from "../support/programs.ts";
import { tamper } from "../support/tamper.ts";
import { type RunningHelper, startServing } from "../support/helpers.ts";
import { until } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { System } from "../support/system.ts";

const test = testsThatNeed("root", "strace");
const rootTest = testsThatNeed("root");

/** Holds each call of this name for a while, and says when it has begun. */
const slow = (helper: RunningHelper, call: string): Promise<RunningProgram> =>
  tamper(helper, call, "delay_exit=300000");

for (const signal of ["SIGTERM", "SIGHUP"] as const) {
  test(`${signal} during an OPEN: the descriptor goes out, then the helper ends`, async () => {
    await using helper = await startServing();
    Deno.writeTextFileSync(`${helper.directory}/file`, "");
    await using strace = await slow(helper, "open,openat");
    const { connection } = helper;
    connection.send(encodeRequest("OPEN", { path: "/file", flags: 0 }));
    await strace.says(/file"/);
    helper.kill(signal);
    const { value, descriptors } = connection.receiveWord();
    equal(value, DESCRIPTOR_FOLLOWS);
    equal(descriptors.length, 1);
    descriptors.forEach((fd) => connection.closeDescriptor(fd));
    equal(connection.receiveSome(1).length, 0);
    await helper.endWell();
  });
}

test("SIGTERM during a CREATE: the file is its owner's, and its descriptor goes out", async () => {
  await using helper = await startServing();
  await using strace = await slow(helper, "open,openat");
  const { connection } = helper;
  connection.send(
    encodeRequest("CREATE", {
      path: "/file",
      flags: 0o102,
      mode: 0o640,
      uid: 1000,
      gid: 1001,
    }),
  );
  await strace.says(/file"/);
  helper.kill("SIGTERM");
  const { value, descriptors } = connection.receiveWord();
  equal(value, DESCRIPTOR_FOLLOWS);
  descriptors.forEach((fd) => connection.closeDescriptor(fd));
  await helper.endWell();
  const { uid, gid } = Deno.statSync(`${helper.directory}/file`);
  deepEqual([uid, gid], [1000, 1001]);
});

rootTest(
  "SIGTERM while the peer does not read: the answer that waits goes out whole",
  async () => {
    // A peer that takes too long to read has no right to a whole answer: then it is tried again.
    while (!await readsAfterTheSignal());
  },
);

/** What the helper gives its peer to read the last answer, src/proxy/serve.ts. */
const LAST_ANSWER_MS = 2000;

/** Reads what is left after SIGTERM; returns false where it has come to that too late. */
async function readsAfterTheSignal(): Promise<boolean> {
  await using helper = await startServing();
  askUnread(helper);
  using system = new System();
  await until(
    "the first answers",
    () => system.readable(helper.connection.fd) > 0,
  );
  const told = performance.now();
  helper.kill("SIGTERM");
  let answers = 0;
  while (received(helper, 1) > 0) {
    answers++;
    // The rest of a frame of 8 + 116 bytes.
    for (let rest = 123; rest > 0;) {
      const length = received(helper, rest);
      if (length === 0 && performance.now() - told > LAST_ANSWER_MS / 2) {
        return false;
      }
      ok(length > 0, `an answer was cut ${rest} bytes before its end`);
      rest -= length;
    }
  }
  ok(answers > 0);
  await helper.endWell();
  return true;
}

/** Asks more than the answers have room for in the socket. */
function askUnread({ connection }: RunningHelper): void {
  const request = encodeRequest("LSTAT", { path: "/" });
  const requests = new Uint8Array(4000 * request.length);
  for (let i = 0; i < 4000; i++) requests.set(request, i * request.length);
  connection.send(requests);
}

rootTest(
  "SIGTERM while the peer does not read at all: the helper ends nevertheless",
  async () => {
    await using helper = await startServing();
    askUnread(helper);
    await helper.endWell("SIGTERM");
  },
);

/** Receives up to `most` bytes, and returns how many came. At the end, requests that were not read are a reset. */
function received({ connection }: RunningHelper, most: number): number {
  try {
    return connection.receiveSome(most).length;
  } catch (error) {
    if (error instanceof ConnectionError && /ECONNRESET/.test(error.message)) {
      return 0;
    }
    throw error;
  }
}

test("SIGTERM among requests that take long: the one in hand is the last", async () => {
  await using helper = await startServing();
  await using _ = await tamper(helper, "statx", "delay_enter=100000");
  const { connection } = helper;
  const request = encodeRequest("LSTAT", { path: "/" });
  for (let i = 0; i < 64; i++) connection.send(request);
  connection.receiveFrame();
  helper.kill("SIGTERM");
  let answers = 1;
  try {
    for (;;) {
      connection.receiveFrame();
      answers++;
    }
  } catch (error) {
    ok(error instanceof ConnectionError, String(error));
  }
  // Two, or a few more where the signal takes its time.
  ok(answers < 16, `${answers} answers`);
  await helper.endWell();
});
