/**
 * Random requests on attributes.
 *
 * @module
 */
import * as attributes from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { seen } from "./side.ts";
import { type Makers, MODES, SIZES, step } from "./step.ts";

const LONG_AGO = 1_000_000_000n * 1_000_000_000n;
const XATTRS = ["user.a", "user.b", "security.x", "trusted.x", "none"];

export const ATTRIBUTE_STEPS: Makers = [
  [
    8,
    step("SETATTR", (r) => {
      const at = r.below(1000);
      const changes = {
        ...r.chance(40) && { mode: r.pick(MODES) },
        ...r.chance(30) && { uid: r.pick([0, 1000, 70_000]) },
        ...r.chance(30) && { gid: r.pick([0, 1000, 70_000]) },
        ...r.chance(30) && { atime: LONG_AGO + BigInt(r.below(1e9)) },
        ...r.chance(30) && {
          mtime: r.chance(50)
            ? LONG_AGO - BigInt(r.below(1e9))
            : "now" as const,
        },
      };
      return [
        `${at} ${Object.entries(changes)}`,
        (s) =>
          s.ask(
            attributes.setattr(s.node(at), changes),
            ({ attributes }) => seen(attributes),
          ),
      ];
    }),
  ],
  // Alone, as servers differ in what they have changed when they find that a file has no size.
  [
    3,
    step("SETATTR of the size", (r) => {
      const [at, size] = [r.below(1000), r.pick(SIZES)];
      return [
        `${at} ${size}`,
        (s) =>
          s.ask(
            attributes.setattr(s.node(at), { size }),
            ({ attributes }) => seen(attributes),
          ),
      ];
    }),
  ],
  [
    3,
    step("SETATTR of what is open", (r) => {
      const [at, size] = [r.below(1000), r.pick(SIZES)];
      const kills = r.chance(50);
      return [`${at} ${size} ${kills}`, (s) => {
        const { nodeid, fh, writable } = s.file(at);
        // A guest has checked that.
        if (!writable) return "";
        const killSuidGid = kills && s.killpriv;
        return s.ask(
          attributes.setattr(nodeid, { size, fh, killSuidGid }),
          ({ attributes }) => seen(attributes),
        );
      }];
    }),
  ],
  [
    2,
    step("GETATTR of what is open", (r) => {
      const at = r.below(1000);
      return [`${at}`, (s) => {
        const { nodeid, fh } = s.file(at);
        // Virtiofsd does not look at the handle.
        if (s.files.length === 0) return "";
        return s.ask(
          attributes.getattr(nodeid, fh),
          ({ attributes }) => seen(attributes),
        );
      }];
    }),
  ],
  [
    5,
    step("GETATTR", (r) => {
      const at = r.below(1000);
      return [
        `${at}`,
        (s) =>
          s.ask(
            attributes.getattr(s.node(at)),
            ({ attributes }) => seen(attributes),
          ),
      ];
    }),
  ],
  [
    3,
    step("READLINK", (r) => {
      const at = r.below(1000);
      return [`${at}`, (s) => s.ask(attributes.readlink(s.node(at)), String)];
    }),
  ],
  [
    2,
    step("STATFS", (r) => {
      const at = r.below(1000);
      return [
        `${at}`,
        (s) =>
          s.ask(
            attributes.statfs(s.node(at)),
            ({ bsize, namelen }) => `${bsize} ${namelen}`,
          ),
      ];
    }),
  ],
  [
    4,
    step("SETXATTR", (r) => {
      const [at, name, size, flags] = [
        r.below(1000),
        r.pick(XATTRS),
        r.pick([0, 1, 100]),
        r.pick([0, 0, 1, 2]),
      ];
      return [`${at} ${name} ${size} ${flags}`, (s) =>
        s.ask(
          attributes.setxattr(
            s.node(at),
            name,
            new Uint8Array(size).fill(7),
            flags,
          ),
        )];
    }),
  ],
  [
    3,
    step("GETXATTR", (r) => {
      const [at, name, room] = [
        r.below(1000),
        r.pick(XATTRS),
        r.pick([0, 1, 1000]),
      ];
      return [
        `${at} ${name} ${room}`,
        (s) => s.ask(attributes.getxattr(s.node(at), name, room), String),
      ];
    }),
  ],
  [
    2,
    step("LISTXATTR", (r) => {
      const [at, room] = [r.below(1000), r.pick([0, 1, 1000])];
      return [
        `${at} ${room}`,
        (s) =>
          s.ask(
            attributes.listxattr(s.node(at), room),
            (list) =>
              typeof list === "number"
                ? String(list)
                : new TextDecoder().decode(list).split("\0").sort().join(),
          ),
      ];
    }),
  ],
  [
    2,
    step("REMOVEXATTR", (r) => {
      const [at, name] = [r.below(1000), r.pick(XATTRS)];
      return [
        `${at} ${name}`,
        (s) => s.ask(attributes.removexattr(s.node(at), name)),
      ];
    }),
  ],
];
