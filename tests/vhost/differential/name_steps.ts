/**
 * Random requests that name something.
 *
 * @module
 */
import {
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../../../ffi/constants.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import {
  batchForget,
  forget,
} from "../../../src/vhost_user_fs/client/requests/session.ts";
import { type Makers, MODES, step } from "./step.ts";

const NAMES = [
  "a",
  "b",
  "c",
  "d",
  "é",
  "n".repeat(255),
  "with space",
  "n".repeat(256),
];
const TYPES = [0o100000, 0o100000, 0o010000, 0o140000, 0o020000];

export const NAME_STEPS: Makers = [
  [
    12,
    step("LOOKUP", (r) => {
      const [at, name] = [r.below(1000), r.pick(NAMES)];
      return [`${at} ${name}`, (s) => s.hold(names.lookup(s.parent(at), name))];
    }),
  ],
  [
    6,
    step("MKDIR", (r) => {
      const [at, name, mode] = [r.below(1000), r.pick(NAMES), r.pick(MODES)];
      return [
        `${at} ${name} ${mode}`,
        (s) => s.hold(names.mkdir(s.parent(at), name, mode)),
      ];
    }),
  ],
  [
    4,
    step("MKNOD", (r) => {
      const [at, name, mode] = [
        r.below(1000),
        r.pick(NAMES),
        r.pick(MODES) | r.pick(TYPES),
      ];
      return [
        `${at} ${name} ${mode}`,
        (s) => s.hold(names.mknod(s.parent(at), name, mode, 0x103)),
      ];
    }),
  ],
  [
    4,
    step("SYMLINK", (r) => {
      const [at, name, target] = [
        r.below(1000),
        r.pick(NAMES),
        r.pick(["a", "../b", "/etc", "t".repeat(300)]),
      ];
      return [
        `${at} ${name} ${target}`,
        (s) => s.hold(names.symlink(s.parent(at), name, target)),
      ];
    }),
  ],
  [
    4,
    step("LINK", (r) => {
      const [at, name, old] = [r.below(1000), r.pick(NAMES), r.below(1000)];
      return [
        `${at} ${name} ${old}`,
        (s) => s.hold(names.link(s.parent(at), name, s.node(old))),
      ];
    }),
  ],
  [
    8,
    step("CREATE", (r) => {
      const [at, name, mode] = [r.below(1000), r.pick(NAMES), r.pick(MODES)];
      const flags = O_CREAT |
        r.pick([
          O_RDWR,
          O_WRONLY,
          O_RDWR | O_EXCL,
          O_RDWR | O_TRUNC,
          O_RDWR | O_APPEND,
        ]);
      return [
        `${at} ${name} ${flags} ${mode}`,
        (s) => s.holdOpened(names.create(s.parent(at), name, flags, mode)),
      ];
    }),
  ],
  [
    5,
    step("UNLINK", (r) => {
      const [at, name] = [r.below(1000), r.pick(NAMES)];
      return [`${at} ${name}`, (s) => s.ask(names.unlink(s.parent(at), name))];
    }),
  ],
  [
    3,
    step("RMDIR", (r) => {
      const [at, name] = [r.below(1000), r.pick(NAMES)];
      return [`${at} ${name}`, (s) => s.ask(names.rmdir(s.parent(at), name))];
    }),
  ],
  [
    6,
    step("RENAME2", (r) => {
      const [from, a, to, b] = [
        r.below(1000),
        r.pick(NAMES),
        r.below(1000),
        r.pick(NAMES),
      ];
      const flags = r.pick([0, 0, 0, 1, 2, 3, 4]);
      return [`${from} ${a} ${to} ${b} ${flags}`, (s) =>
        s.ask(
          flags === 0
            ? names.rename(s.parent(from), a, s.parent(to), b)
            : names.rename2(s.parent(from), a, s.parent(to), b, flags),
        )];
    }),
  ],
  [
    3,
    step("FORGET", (r) => {
      const at = 1 + r.below(1000);
      return [`${at}`, (s) => {
        const nodeid = s.drop(at);
        if (nodeid === undefined) return "";
        // All of its references: what was found again is held more than once.
        return s.ask(
          at % 2 === 0
            ? forget(nodeid, 2 ** 20)
            : batchForget([[nodeid, 2 ** 20]]),
        );
      }];
    }),
  ],
];
