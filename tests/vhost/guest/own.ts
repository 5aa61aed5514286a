/**
 * What comes of the part of the guests' work that is of virtiofs alone,
 * tests/vhost/guest/work/virtiofs.sh.
 *
 * @module
 */

/** What the commands of each topic print where so many files are made in the last one. */
export function printed(files: number): Record<string, string[]> {
  return {
    "mapped memory": [
      "by the guest",
      "by the host!",
      "guest again!",
      "it runs",
    ],
    "no name": [
      "0 links, 15 bytes, 0 names",
      "1 link",
      "it had no name",
      "640 1",
      "0",
    ],
    locks: [
      "flock, held: refused",
      "flock, free: got",
      "bytes, held: refused",
      "bytes, others: got",
      "bytes, by whom: 0 to 100 of the parent",
      "bytes, waited for: got at last",
    ],
    ACL: [
      "770",
      ...["secret", "more"],
      ...["770 inherits/directory", "660 inherits/file"],
      // The mask is the mode's middle now.
      "system.posix_acl_access=0x" +
      "0200000001000600ffffffff02000700e803000004000000ffffffff" +
      "10000000ffffffff20000000ffffffff",
      "cat: can't open 'entered': Permission denied",
    ],
    overlay: [
      ...["below", "below", "above", "changed", "directory", "kept"],
      ...["3", "below"],
      ...OVERLAY,
      ...OVERLAY,
      ...["below", "above", "below", "new"],
    ],
    git: ["75", "second", "first", "0 objects, 0 kilobytes", "50"],
    SQLite: [
      "wal",
      ...["ok", "20|110"],
      ...["data.db-shm", "data.db-wal", "20"],
      ...["0|0|0", "ok", "data.db"],
    ],
    space: ["1", "65536 128"],
    large: [],
    many: [`${files} files, sum 0`],
  };
}

const OVERLAY = [
  ...[".", "./changed", "./directory", "./directory/3", "./link", "./made2"],
  ...["./moved", "./moved2", "./pipe"],
];

/** What the host finds in the overlay's upper directory: the whiteouts are devices. */
export const UPPER: readonly RegExp[] = [
  /^own\/upper \| d 755 0:0 \| user.overlay.impure=0x79/,
  /^own\/upper\/changed \| f 600 0:0 \| 1 links, 12 bytes \| .* \| user.overlay.origin=0x/,
  /^own\/upper\/directory \| d 755 0:0 \| user.overlay.opaque=0x79$/,
  /^own\/upper\/directory\/3 \| f 644 0:0 \| 1 links, 4 bytes/,
  /^own\/upper\/kept \| c 0 0:0 \| device 0:0$/,
  /^own\/upper\/link \| l 777 0:0 \| -> made$/,
  /^own\/upper\/made2 \| d 755 0:0/,
  /^own\/upper\/moved \| f 644 0:0 \| 2 links, 6 bytes/,
  /^own\/upper\/moved2 \| f 644 0:0 \| 2 links, 6 bytes/,
  /^own\/upper\/pipe \| p 644 0:0$/,
  /^own\/upper\/removed \| c 0 0:0 \| device 0:0$/,
];

/** What commands have printed, by topics; without the commands themselves and what the host is asked for. */
export function byTopic(lines: readonly string[]): Record<string, string[]> {
  const topics: Record<string, string[]> = {};
  let current: string[] = [];
  for (const line of lines) {
    const [, topic] = /^-- \w+: (.*)/.exec(line) ?? [];
    if (topic !== undefined) topics[topic] = current = [];
    else if (!/^([$!]|@@) /.test(line)) current.push(line);
  }
  return topics;
}
