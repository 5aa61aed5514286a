/** A front end passes descriptors that are not what they should be. */
import { equal, ok } from "node:assert/strict";
import { O_RDWR } from "../../../ffi/constants.ts";
import { MAIN_REGION } from "../../../src/vhost_user_fs/client/front_end.ts";
import * as m from "../../../src/vhost_user_fs/client/messages.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { type Attack, attack } from "../support/attack.ts";
import {
  F_SEAL_SHRINK,
  file,
  fullEvent,
  HALF,
  type Maker,
  sealed,
  STRANGE,
} from "../support/descriptors.ts";
import { acknowledgement, inStep, served } from "../support/back_end_state.ts";

const SIZE = 65536;
const PLACE = {
  guestAddress: MAIN_REGION.guestAddress + 2 * MAIN_REGION.size,
  userAddress: 0x7000_0000_0000,
  size: SIZE,
  fileOffset: 0,
};

/** Sends a message with descriptors of these kinds, which are closed here. */
function pass(
  attack: Attack,
  request: number,
  payload: Uint8Array<ArrayBuffer>,
  ...makers: Maker[]
): string {
  const fds = makers.map((make) => make(attack));
  const said = acknowledgement(attack, request, payload, fds);
  attack.running.system.close(...fds);
  return said;
}

const add = (attack: Attack, make: Maker, place = PLACE) =>
  pass(attack, m.ADD_MEM_REG, m.memoryRegion(place), make);

attack("no memory but what is a file that can be mapped", async (attack) => {
  for (const [what, make] of Object.entries({ ...STRANGE, ...HALF })) {
    for (const size of [1, 4096, SIZE]) {
      equal(add(attack, make, { ...PLACE, size }), "refused", what);
    }
    // Of a table, too, whose first region is good.
    const other = { ...PLACE, guestAddress: PLACE.guestAddress + SIZE };
    const places = [PLACE, { ...other, userAddress: other.guestAddress }];
    equal(
      pass(
        attack,
        m.SET_MEM_TABLE,
        m.memoryTable(places),
        file(O_RDWR, SIZE),
        make,
      ),
      "refused",
      what,
    );
    equal(`${served(attack)}, ${inStep(attack)}`, "done, in step", what);
  }
  await attack.noneLeft();
  for (const make of [file(O_RDWR, SIZE), sealed(F_SEAL_SHRINK, SIZE)]) {
    equal(add(attack, make), "ok");
    equal(acknowledgement(attack, m.REM_MEM_REG, m.memoryRegion(PLACE)), "ok");
  }
  attack.stopped(
    `${
      Object.keys({ ...STRANGE, ...HALF }).length
    } kinds of descriptors for memory`,
    "the helper and the kernel, which map files alone that have as many bytes (refused, and closed)",
  );
});

attack("no event but an eventfd", async (attack) => {
  for (const [what, make] of Object.entries({ ...STRANGE, ...HALF })) {
    for (
      const request of [m.SET_VRING_KICK, m.SET_VRING_CALL, m.SET_VRING_ERR]
    ) {
      for (const index of [0, 1, 40]) {
        equal(pass(attack, request, m.u64s(index), make), "refused", what);
      }
    }
    equal(`${served(attack)}, ${inStep(attack)}`, "done, in step", what);
  }
  await attack.noneLeft();
  attack.stopped(
    `${
      Object.keys({ ...STRANGE, ...HALF }).length
    } kinds of descriptors for a ring's events`,
    "the helper, which takes eventfds alone (refused, and closed)",
  );
});

attack("regions at all the ends that there are", (attack) => {
  const page = 4096, top = 2 ** 64;
  const makers = { memory: file(O_RDWR, SIZE) };
  const ends = [
    ...[0, page, 2 ** 32 - page, 2 ** 47, 2 ** 51, 2 ** 52, 2 ** 53],
    ...[2 ** 63, top - page, top - SIZE, 2 ** 52 - SIZE, 2 ** 52 - SIZE / 2],
  ];
  let taken = 0;
  for (const guestAddress of ends) {
    for (const userAddress of ends) {
      for (const fileOffset of [0, 1, page, SIZE, top - page, 2 ** 63]) {
        for (const size of [1, page, SIZE, 2 ** 40, 2 ** 63, top - page]) {
          const place = { guestAddress, userAddress, size, fileOffset };
          const said = add(attack, makers.memory, place);
          const fits = fileOffset + size <= SIZE &&
            guestAddress + size <= 2 ** 52 && userAddress + size <= 2 ** 52;
          equal(said, fits ? "ok" : "refused", JSON.stringify(place));
          if (!fits) continue;
          taken++;
          equal(
            acknowledgement(attack, m.REM_MEM_REG, m.memoryRegion(place)),
            "ok",
          );
        }
      }
    }
  }
  ok(taken > 0);
  equal(`${served(attack)}, ${inStep(attack)}`, "done, in step");
  attack.stopped(
    "regions that wrap around, overlap the end of their file or of all addresses",
    "the helper (refused)",
  );
});

attack("as many regions as there are, and one more", async (attack) => {
  const { running: { system }, frontEnd } = attack;
  const fd = system.memfd(SIZE);
  const slots = Number(frontEnd.connection.askWord(m.GET_MAX_MEM_SLOTS));
  const place = (index: number) => ({
    ...PLACE,
    guestAddress: PLACE.guestAddress + index * SIZE,
    userAddress: PLACE.userAddress + index * SIZE,
  });
  for (let round = 0; round < 3; round++) {
    for (let index = 1; index < slots; index++) {
      equal(
        acknowledgement(attack, m.ADD_MEM_REG, m.memoryRegion(place(index)), [
          fd,
        ]),
        "ok",
      );
    }
    equal(
      acknowledgement(attack, m.ADD_MEM_REG, m.memoryRegion(place(slots)), [
        fd,
      ]),
      "refused",
    );
    equal(served(attack), "done");
    for (let index = 1; index < slots; index++) {
      equal(
        acknowledgement(attack, m.REM_MEM_REG, m.memoryRegion(place(index))),
        "ok",
      );
    }
  }
  system.close(fd);
  await attack.noneLeft();
  attack.stopped(`${slots} regions and one more`, "the helper (refused)");
});

attack("an event that is full keeps nobody waiting", (attack) => {
  const { frontEnd, session, running: { system } } = attack;
  const ring = frontEnd.rings[1]!;
  for (const request of [m.SET_VRING_CALL, m.SET_VRING_ERR]) {
    equal(pass(attack, request, m.u64s(1), fullEvent), "ok");
  }
  // Each answer would be told of, and is not waited for by its event here.
  for (let count = 0; count < 50; count++) {
    const pending = session.send(getattr(ROOT));
    ring.listen(true);
    session.kick(ring);
    while (ring.deviceIdx === ring.usedIdx) system.wait(-1, -1, 1);
    session.finish(pending, ring.reap()!);
  }
  // Its end is told of, too.
  ring.publish(60_000);
  ring.kick(true);
  equal(inStep(attack), "in step");
  frontEnd.resetGuest();
  attack.stopped(
    "events that are full, and where a write waits",
    "the helper, which looks before it writes",
  );
});

attack("a kick that never ends takes no processor", async (attack) => {
  const { frontEnd, host, running: { pid, system } } = attack;
  const ring = frontEnd.rings[1]!;
  // Nobody reads it: it stays readable. As a semaphore, it would even if somebody did.
  equal(pass(attack, m.SET_VRING_KICK, m.u64s(1), fullEvent), "ok");
  const used = () => {
    const fields = host.readFile(`/proc/${pid}/stat`).split(") ")[1]!.split(
      " ",
    );
    return Number(fields[11]) + Number(fields[12]);
  };
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = used();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  ok(used() - before < 50, `${used() - before} hundredths of a second`);
  equal(
    acknowledgement(attack, m.SET_VRING_KICK, m.u64s(1), [ring.kickFd]),
    "ok",
  );
  system.signal(ring.kickFd);
  equal(served(attack), "done");
  attack.stopped(
    "a kick descriptor that is always readable",
    "epoll(7): each event is told of once (EPOLLET)",
  );
});
