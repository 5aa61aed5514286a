/**
 * Serves a connection: makes what the loop and the handlers need.
 *
 * @module
 */
import { Stopwatch } from "../../ffi/clock.ts";
import { CLOCK_MONOTONIC_COARSE, POLLIN } from "../../ffi/constants.ts";
import { fileCalls } from "../../ffi/files.ts";
import type { Libc } from "../../ffi/libc.ts";
import { allocate, allocateString } from "../../ffi/memory.ts";
import type { SocketCalls } from "../../ffi/socket.ts";
import type { ProxySymbols } from "./symbols.ts";
import { walkCalls } from "../../ffi/walk.ts";
import type { Context } from "./handler.ts";
import { findHandles, hasGenerations } from "./files/inode_handles.ts";
import { InodeNumbers } from "./files/inode_numbers.ts";
import { TABLE } from "./handlers/table.ts";
import { LongPaths } from "./files/long_paths.ts";
import { Receiver } from "../polling/receiver.ts";
import { Channel } from "./channel.ts";
import { serve } from "./serve.ts";
import type { Ending, ServingParts } from "../front_end.ts";
import { RequestReader, SLOT_SIZE } from "./wire/request_reader.ts";

/**
 * How long the main thread sleeps in recv(2) for the next request, before
 * another thread waits for it with poll(2). Signals are handled only afterwards.
 */
const SYNCHRONOUS_WAIT_MS = 2;

interface ConnectionParts extends ServingParts {
  readonly libc: Libc<ProxySymbols>;
  readonly sockets: SocketCalls;
}

/** Serves the peer behind `fd`, and closes it. */
export async function serveConnection(
  fd: number,
  parts: ConnectionParts,
): Promise<Ending> {
  const { libc, sockets, waiter, stop, log, pollMax, figures } = parts;
  sockets.prepare(fd, SYNCHRONOUS_WAIT_MS);
  using socket = waiter.watch(fd, POLLIN);
  const channel = new Channel(libc, sockets, fd);
  const receiver = new Receiver(
    channel,
    new Stopwatch(libc),
    pollMax,
    figures,
  );
  const context = createContext(parts, channel);
  try {
    return await serve({
      channel,
      receiver,
      stopwatch: new Stopwatch(libc, CLOCK_MONOTONIC_COARSE),
      context,
      waiter,
      socket,
      stop,
      log,
    });
  } finally {
    sockets.close(fd);
  }
}

function createContext(
  parts: ConnectionParts,
  channel: Channel,
): Context {
  const { libc, mounts, identity, log, figures, root } = parts;
  const { devices, devicesBarred, mappedIds } = parts;
  const slot = () => allocateString(libc, SLOT_SIZE);
  const files = fileCalls(libc);
  const slots = [slot(), slot(), slot()] as const;
  const { type } = mounts.fileSystem("/");
  const inodeNumbers = new InodeNumbers(
    mounts.deviceOf("/"),
    () =>
      log.warning(
        "More than 65535 file systems or ranges of inode numbers: from here on a guest may, by a remote chance, take two files for one",
      ),
  );
  return {
    request: new RequestReader(channel.buffer, slots),
    reply: channel.reply,
    files,
    identity,
    times: allocate(libc, 32),
    devices,
    mappedIds,
    devicesBarred,
    inodeNumbers,
    hasGenerations: hasGenerations(type),
    handles: findHandles(files, type, inodeNumbers),
    figures,
    longPaths: new LongPaths(walkCalls(libc, files, root), TABLE),
  };
}
