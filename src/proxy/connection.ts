/**
 * Serves one connection: the loop, and what its handlers work with.
 *
 * @module
 */
import { Stopwatch } from "../../ffi/clock.ts";
import { fileCalls } from "../../ffi/files.ts";
import type { Libc } from "../../ffi/libc.ts";
import { allocate, allocateString } from "../../ffi/memory.ts";
import type { Owner } from "../../ffi/mounts.ts";
import type { SocketCalls } from "../../ffi/socket.ts";
import type { ProxySymbols } from "./symbols.ts";
import type { Waiter } from "../polling/waiter.ts";
import { walkCalls } from "../../ffi/walk.ts";
import { hasGenerations } from "./files/generations.ts";
import type { Context } from "./handler.ts";
import { findHandles } from "./files/inode_handles.ts";
import { InodeNumbers } from "./files/inode_numbers.ts";
import { TABLE } from "./handlers/table.ts";
import { LongPaths } from "./files/long_paths.ts";
import { createIdentity } from "../identity.ts";
import type { Log } from "../log/log.ts";
import { Arrival } from "../polling/receiver.ts";
import { Channel } from "./channel.ts";
import { type Ending, serve } from "./serve.ts";
import { RequestReader, SLOT_SIZE } from "./wire/request_reader.ts";
import type { JailTools } from "../jail/plan.ts";
import type { Stop } from "../process/stop.ts";

/**
 * How long the loop sleeps in the kernel for the next request before it
 * leaves the waiting to another thread. While it does, signals wait.
 */
const SYNCHRONOUS_WAIT_MS = 2;

/** What a connection is served with. */
export interface ConnectionParts {
  readonly libc: Libc<ProxySymbols>;
  readonly sockets: SocketCalls;
  readonly tools: Pick<JailTools, "mounts" | "credentials">;
  readonly waiter: Waiter;
  readonly stop: Stop;
  readonly log: Log;
  /** Whether MKNOD may make devices. */
  readonly devices: boolean;
  /** Whether the ids of the export are mapped. */
  readonly mappedIds: boolean;
  /** Whether the export is mounted so that no device can be opened. */
  readonly devicesBarred: boolean;
  /** How long to poll for a request at most, in ns. */
  readonly pollMax: number;
  /** A descriptor of the root directory. */
  readonly root: number;
  /** Whom a request means that names no id. */
  readonly own: Owner;
}

/** Serves the peer behind `fd`, and closes it. */
export async function serveConnection(
  fd: number,
  parts: ConnectionParts,
): Promise<Ending> {
  const { libc, sockets, waiter, stop, log, pollMax } = parts;
  sockets.prepare(fd, SYNCHRONOUS_WAIT_MS);
  waiter.watch(fd);
  const channel = new Channel(libc, sockets, fd);
  const arrival = new Arrival(channel, new Stopwatch(libc), pollMax);
  const context = createContext(parts, channel);
  try {
    return await serve({
      channel,
      arrival,
      stopwatch: new Stopwatch(libc),
      context,
      waiter,
      stop,
      log,
    });
  } finally {
    sockets.close(fd);
  }
}

function createContext(
  { libc, tools, log, devices, devicesBarred, mappedIds, own, root }:
    ConnectionParts,
  channel: Channel,
): Context {
  const slot = () => allocateString(libc, SLOT_SIZE);
  const files = fileCalls(libc);
  const slots = [slot(), slot(), slot()] as const;
  const { type } = tools.mounts.fileSystem("/");
  const inodeNumbers = new InodeNumbers(
    tools.mounts.deviceOf("/"),
    () =>
      log.warning(
        "More than 65535 file systems or ranges of inode numbers: from here on a guest may, by a remote chance, take two files for one",
      ),
  );
  return {
    request: new RequestReader(channel.window, slots),
    reply: channel.reply,
    files,
    identity: createIdentity(tools.credentials, own),
    times: allocate(libc, 32),
    devices,
    mappedIds,
    devicesBarred,
    inodeNumbers,
    hasGenerations: hasGenerations(type),
    handles: findHandles(files, type, inodeNumbers),
    longPaths: new LongPaths(walkCalls(libc, files, root), TABLE),
  };
}
