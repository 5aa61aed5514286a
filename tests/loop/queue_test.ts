/** Requests that lie in the kernel's queue: each is answered once, whatever lies around it. */
import { deepEqual, equal } from "node:assert/strict";
import { openLibc } from "../../ffi/libc.ts";
import { socketCalls } from "../../ffi/socket.ts";
import { PROXY_FAST, PROXY_SELDOM } from "../../src/proxy/symbols.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { T_ERROR, T_SUCCESS } from "../../src/proxy/wire/protocol.ts";
import { type RunningHelper, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

type Bytes = Uint8Array<ArrayBuffer>;

const ROUNDS = 100;
const SIZES = [11, 222, 3333];
/** The file size's place in the answer to LSTAT. */
const SIZE_AT = 44;

for (const args of [[], ["--poll-max-us", "0"]]) {
  const how = args.length === 0 ? "" : ", by a helper that never polls";

  test(`Requests with descriptors between and inside of them are answered once each${how}`, async () => {
    using directory = filesOfSizes();
    const libc = openLibc(PROXY_FAST, PROXY_SELDOM);
    const sockets = socketCalls(libc);
    try {
      await using helper = await startHelper({
        directory: directory.path,
        args,
      });
      const { connection } = helper;
      using host = new Host();
      const descriptors = () => host.names(`/proc/${helper.pid}/fd`);
      connection.send(lstat(SIZES[0]!));
      equal(size(helper), SIZES[0]);
      const held = descriptors();
      const withDescriptor = (bytes: Bytes) => {
        sockets.setWordAddress(bytes);
        equal(sockets.sendDescriptor(connection.fd, 0), 4);
        connection.send(bytes.slice(4));
      };
      for (let round = 0; round < ROUNDS; round++) {
        // Stopped, it finds all of it at once.
        if (round % 2 === 0) helper.kill("SIGSTOP");
        withDescriptor(lstat(SIZES[0]!));
        connection.send(lstat(SIZES[1]!).slice(0, 9));
        withDescriptor(lstat(SIZES[1]!).slice(9));
        withDescriptor(lstat(0));
        connection.send(lstat(SIZES[2]!));
        if (round % 2 === 0) helper.kill("SIGCONT");
        deepEqual(
          Array.from({ length: 4 }, () => size(helper)),
          [SIZES[0], SIZES[1], undefined, SIZES[2]],
        );
      }
      deepEqual(descriptors(), held);
    } finally {
      libc.close();
    }
  });

  test(`Long requests that are piled up are answered once each${how}`, async () => {
    using directory = filesOfSizes();
    await using helper = await startHelper({
      directory: directory.path,
      args,
    });
    const { connection } = helper;
    const long = encodeRequest("LSTAT", {
      path: "/".repeat(60_000) + SIZES[0],
    });
    for (let round = 0; round < ROUNDS / 10; round++) {
      helper.kill("SIGSTOP");
      connection.send(lstat(SIZES[1]!));
      connection.send(long);
      connection.send(lstat(SIZES[2]!).slice(0, 3));
      helper.kill("SIGCONT");
      connection.send(lstat(SIZES[2]!).slice(3));
      deepEqual(
        Array.from({ length: 3 }, () => size(helper)),
        [SIZES[1], SIZES[0], SIZES[2]],
      );
    }
  });
}

/** A directory with a file of each size, which is its name. */
function filesOfSizes(): ReturnType<typeof workspace> {
  const directory = workspace();
  for (const size of SIZES) {
    Deno.writeFileSync(`${directory.path}/${size}`, new Uint8Array(size));
  }
  return directory;
}

/** LSTAT of the file of so many bytes. */
function lstat(size: number): Bytes {
  return encodeRequest("LSTAT", { path: `/${size}` });
}

/** The size of the file that the next answer is about. */
function size({ connection }: RunningHelper): number | undefined {
  const { type, payload } = connection.receiveFrame();
  if (type === T_ERROR) return undefined;
  equal(type, T_SUCCESS);
  return new DataView(payload.buffer, payload.byteOffset)
    .getUint32(SIZE_AT, true);
}
