/**
 * Serves one connection: the rings while requests keep coming, asleep on
 * another thread while none does, and the front end in between.
 *
 * @module
 */
import { Stopwatch } from "../../ffi/clock.ts";
import {
  CLOCK_MONOTONIC_COARSE,
  F_SETFD,
  FD_CLOEXEC,
  POLLIN,
} from "../../ffi/constants.ts";
import { thrower } from "../../ffi/system_error.ts";
import type { Ending } from "../front_end.ts";
import type { Waiter } from "../polling/waiter.ts";
import type { Stop } from "../process/stop.ts";
import { Device, type DeviceParts } from "./device.ts";

/**
 * How long requests are served between two turns of the event loop, in which
 * signals are seen: a turn costs as much as two requests, and makes garbage.
 */
const TURN_NS = 50_000_000;
/** A request that takes so long gets a turn of its own, which waits for signals that are on their way. */
const SLOW_REQUEST_NS = 10_000_000;
const SIGNALS_MS = 1;
/** How long requests are served between two looks at the control socket, at least: the clock that is looked at ticks more seldom. */
const CONTROL_NS = 500_000;

/** What a connection is served with. */
export interface QueueParts extends DeviceParts {
  readonly waiter: Waiter;
  readonly stop: Stop;
}

/** What the synchronous part stopped for. */
type Pause = "idle" | "turn" | "long turn" | Ending;

/**
 * Serves the front end behind `fd` until the connection ends or a stop is
 * asked for, and closes it. Nothing is left of it behind: no memory of the
 * guest's, no descriptor, no inode.
 */
export async function serveQueues(parts: QueueParts): Promise<Ending> {
  const { libc, fd, server } = parts;
  try {
    thrower(libc)("fcntl", libc.symbols.fcntl(fd, F_SETFD, FD_CLOEXEC));
    using device = new Device(parts);
    return await serveDevice(device, parts);
  } finally {
    server.reset();
    libc.symbols.close(fd);
  }
}

/** The same with a device that is there; drops and closes nothing. */
export async function serveDevice(
  device: Device,
  { libc, waiter, stop }: Pick<QueueParts, "libc" | "waiter" | "stop">,
): Promise<Ending> {
  using events = waiter.watch(device.events, POLLIN);
  const stopwatch = new Stopwatch(libc, CLOCK_MONOTONIC_COARSE);
  const pump = createPump(device, stopwatch, stop);
  for (;;) {
    const pause = pump();
    switch (pause) {
      case "idle":
        events.events = POLLIN;
        if (!stop.requested) await waiter.wait(-1);
        break;
      case "turn":
        await waiter.turn();
        break;
      case "long turn":
        events.events = 0;
        await waiter.wait(SIGNALS_MS);
        break;
      default:
        return pause;
    }
  }
}

/** The synchronous part: one function for all of the connection, so that it is compiled once. */
function createPump(
  device: Device,
  stopwatch: Stopwatch,
  stop: Stop,
): () => Pause {
  return function pump(): Pause {
    stopwatch.start();
    // The clock is read after each request: some take seconds, and a stop has to be seen behind the first of them.
    for (let before = 0, looked = 0;;) {
      // Once it is to stop, the loop begins with no other request.
      if (stop.requested) return "stopped";
      const step = device.step();
      if (step !== "go on") return step;
      const now = stopwatch.elapsed();
      if (now - before >= SLOW_REQUEST_NS) return "long turn";
      if (now >= TURN_NS) return "turn";
      before = now;
      if (now - looked < CONTROL_NS) continue;
      // While there is always a request the loop never sleeps on the socket.
      looked = now;
      const control = device.lookAtControl();
      if (control !== "go on") return control;
    }
  };
}
