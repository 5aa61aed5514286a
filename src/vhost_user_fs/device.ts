/**
 * The device: rings, memory and control connection of one front end, and what
 * serves a request from one to the other.
 *
 * @module
 */
import { Stopwatch } from "../../ffi/clock.ts";
import { Epoll } from "../../ffi/epoll.ts";
import { EIO, errnoText } from "../../ffi/errno.ts";
import { eventCalls } from "../../ffi/events.ts";
import { guestMemoryCalls } from "../../ffi/guest_memory.ts";
import type { Libc } from "../../ffi/libc.ts";
import { passedDescriptors } from "../../ffi/passed_descriptors.ts";
import { socketCalls } from "../../ffi/socket.ts";
import type {
  GUEST_MEMORY_SYMBOLS,
  GUEST_SETUP_SYMBOLS,
} from "../../ffi/symbols/guest_memory.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { isFatal } from "../errors.ts";
import type { Ending } from "../front_end.ts";
import type { Log } from "../log/log.ts";
import type { Figures } from "../metrics/figures.ts";
import { describeThrown } from "../log/thrown.ts";
import { Receiver } from "../polling/receiver.ts";
import type { SharedSymbols } from "../symbols.ts";
import { Complaints } from "./complaints.ts";
import type { FuseServer } from "./message.ts";
import { CONTROL, CONTROL_READY, QueueSource } from "./queue_source.ts";
import { configuration } from "./vhost_user/configuration.ts";
import { Connection } from "./vhost_user/connection.ts";
import { Controller } from "./vhost_user/control.ts";
import { Regions } from "./vhost_user/regions.ts";
import { type ActiveRing, Rings } from "./vhost_user/rings.ts";
import { Chain } from "./virtqueue/chain.ts";
import { BROKEN } from "./virtqueue/split_queue.ts";

/** What a device is made of. */
export interface DeviceParts {
  readonly libc: Libc<
    SharedSymbols & typeof GUEST_MEMORY_SYMBOLS & typeof GUEST_SETUP_SYMBOLS
  >;
  /** The control socket. The caller closes it. */
  readonly fd: number;
  readonly server: FuseServer;
  readonly log: Log;
  readonly figures: Figures;
  /** How long to poll for a request at most, in ns. */
  readonly pollMax: number;
  /** The device's tag, where the front end asks the back end for it. */
  readonly tag?: string | undefined;
}

/** What {@linkcode Device.step} comes to: all is well, nothing is there, or it is over. */
export type Step = "go on" | "idle" | Ending;

/** Nothing was thrown; undefined can be. */
const NOTHING = Symbol();

/** The device, until it is disposed of. */
export class Device implements Disposable {
  /** A descriptor that is readable when there is something to do. */
  readonly events: number;
  readonly rings: Rings;
  readonly regions: Regions;

  readonly #server: FuseServer;
  readonly #log: Log;
  readonly #figures: Figures;
  readonly #complaints: Complaints;
  readonly #epoll: Epoll;
  readonly #signals: ReturnType<typeof eventCalls>;
  readonly #connection: Connection;
  readonly #controller: Controller;
  readonly #source: QueueSource;
  readonly #receiver: Receiver;
  readonly #chain: Chain;

  /** @throws {SystemError} */
  constructor({ libc, fd, server, log, figures, pollMax, tag }: DeviceParts) {
    this.#server = server;
    this.#log = log;
    this.#figures = figures;
    this.#complaints = new Complaints(log);
    const memory = guestMemoryCalls(libc);
    this.#signals = eventCalls(libc, memory);
    this.regions = new Regions(memory, this.#signals.close);
    this.#epoll = new Epoll(libc);
    this.events = this.#epoll.fd;
    const added = this.#epoll.add(fd, CONTROL);
    if (added < 0) throw new SystemError("epoll_ctl", -added);
    this.rings = new Rings(this.regions, this.#signals, this.#epoll);
    this.#chain = new Chain(libc, this.regions);
    this.#connection = new Connection(
      libc,
      socketCalls(libc),
      passedDescriptors(libc),
      fd,
    );
    this.#controller = new Controller(
      this.#connection,
      {
        regions: this.regions,
        rings: this.rings,
        configuration: tag === undefined ? undefined : configuration(tag),
        prepare: (size) => this.#chain.prepare(size),
        reset: () => server.reset(),
      },
      log,
      this.#complaints,
    );
    this.#source = new QueueSource(
      this.rings,
      this.#epoll,
      (ring) => this.#break(ring),
      (ring) => this.#interrupt(ring),
    );
    this.#receiver = new Receiver(
      this.#source,
      new Stopwatch(libc),
      pollMax,
      figures,
    );
  }

  /** Serves the next request; waits for one if there is none, for a while. Or carries out what the front end asks for. */
  step(): Step {
    if (this.#source.waiting > 0) {
      this.#receiver.taking();
      return this.#serveOne();
    }
    const got = this.#receiver.receive();
    if (got > 0) return this.#serveOne();
    return got === CONTROL_READY ? this.#control() : "idle";
  }

  /** Carries out what the front end asks for, if it does. */
  lookAtControl(): Step {
    return this.#source.controlReady() ? this.#control() : "go on";
  }

  [Symbol.dispose](): void {
    this.rings[Symbol.dispose]();
    this.regions[Symbol.dispose]();
    this.#connection[Symbol.dispose]();
    this.#epoll[Symbol.dispose]();
  }

  #control(): Step {
    const outcome = this.#controller.run();
    this.#source.forget();
    return outcome === "nothing" || outcome === "more" ? "go on" : outcome;
  }

  #serveOne(): Step {
    const ring = this.#source.next();
    if (ring === undefined) return "go on";
    const queue = ring.queue;
    const head = queue.take();
    if (head === BROKEN) {
      this.#break(ring);
      return "go on";
    }
    const chain = this.#chain;
    const loaded = chain.load(
      queue.descriptors,
      queue.size,
      head,
      queue.features.indirect,
    );
    let length = 0;
    let thrown: unknown = NOTHING;
    if (loaded < 0) {
      length = chain.refuse(-loaded);
      this.#figures.fail(-loaded);
      this.#complain(ring, -loaded);
    } else {
      try {
        length = this.#server.serve(chain, ring.index);
      } catch (error) {
        thrown = error;
        length = chain.refuse(EIO);
        this.#figures.fail(EIO);
      }
    }
    this.#receiver.answering();
    queue.complete(head, length);
    if (queue.interrupts()) this.#interrupt(ring);
    // The guest has its answer first.
    return thrown === NOTHING ? "go on" : this.#reportThrown(thrown);
  }

  #interrupt({ call }: ActiveRing): void {
    if (call !== undefined) this.#signals.signal(call);
  }

  /** A bug of ours. */
  #reportThrown(error: unknown): Step {
    const message = `Cannot carry out a request: ${describeThrown(error)}`;
    if (isFatal(error)) {
      this.#log.error(message);
      return "broken";
    }
    this.#complaints.add(message, "error");
    return "go on";
  }

  /** One line a start of a ring: the guest can have as many as it wants. */
  #complain(ring: ActiveRing, errno: number): void {
    if (ring.complained) return;
    ring.complained = true;
    this.#complaints.add(
      `Refused a request of the guest in queue ${ring.index}, whose descriptors are no chain or lead out of its memory: ${
        errnoText(errno)
      }`,
    );
  }

  #break(ring: ActiveRing): void {
    this.rings.break(ring);
    this.#complaints.add(
      `Stopped serving queue ${ring.index} of the guest, as an index in it is beyond the size of the ring: it is served again when the guest has started it anew`,
    );
  }
}
