/**
 * The demo's requests of FUSE on open files.
 *
 * @module
 */
import { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { host, text, told } from "../step.ts";
import {
  A_NODE,
  AN_OPEN_NODE,
  asUser,
  bytes,
  entry,
  FIRST,
  HELLO,
  onFile,
  type Step,
} from "./context.ts";

export const FILES: readonly Step[] = [
  {
    request: "MKDIR",
    asked: "letters, rwxr-xr-x",
    run: (context) =>
      entry(
        context,
        "letters",
        asUser(context, names.mkdir(ROOT, "letters", 0o755)),
      ),
    ...A_NODE,
    host: (context) => {
      const found = host(context, "letters");
      return found.isDirectory && found.uid === context.hostUser;
    },
  },
  {
    request: "CREATE",
    asked: "letters/first, rw-r-----",
    run: (context) =>
      entry(
        context,
        FIRST,
        asUser(
          context,
          names.create(
            context.nodes.get("letters")!,
            "first",
            O_RDWR | O_CREAT | O_EXCL,
            0o640,
          ),
        ),
      ),
    ...AN_OPEN_NODE,
    host: (context) => {
      const found = host(context, FIRST);
      return (found.mode! & 0o777) === 0o640 && found.uid === context.hostUser;
    },
  },
  onFile(
    "WRITE",
    "letters/first, 12 bytes",
    FIRST,
    ({ session }, nodeid, fh) =>
      told(
        session.ask(files.write(nodeid, fh, 0, bytes(HELLO))),
        (count) => `${count} bytes`,
      ),
    {
      expected: "12 bytes",
      host: ({ directory }) =>
        Deno.readTextFileSync(`${directory}/${FIRST}`) === HELLO,
    },
  ),
  onFile(
    "READ",
    "letters/first",
    FIRST,
    ({ session }, nodeid, fh) =>
      told(session.ask(files.read(nodeid, fh, 0, 4096)), text),
    { expected: JSON.stringify(HELLO) },
  ),
  onFile(
    "FALLOCATE",
    "letters/first, 64 KiB more",
    FIRST,
    ({ session }, nodeid, fh) =>
      told(session.ask(files.fallocate(nodeid, fh, 65536, 65536))),
    { host: (context) => host(context, FIRST).size === 131072 },
  ),
  onFile(
    "LSEEK",
    "letters/first, a hole",
    FIRST,
    ({ session }, nodeid, fh) =>
      told(
        session.ask(files.lseek(nodeid, fh, 0, files.SEEK_HOLE)),
        (at) => `at ${at}`,
      ),
    // A file system without holes says that there is one at the end.
    { expected: /^at \d+$/ },
  ),
  ...["FSYNC", "FLUSH"].map((request) =>
    onFile(
      request as "FSYNC" | "FLUSH",
      "letters/first",
      FIRST,
      ({ session }, nodeid, fh) =>
        told(
          session.ask(
            request === "FSYNC"
              ? files.fsync(nodeid, fh)
              : files.flush(nodeid, fh),
          ),
        ),
    )
  ),
  {
    request: "CREATE",
    asked: "copy, rw-r--r--",
    run: (context) =>
      entry(
        context,
        "copy",
        asUser(context, names.create(ROOT, "copy", O_RDWR | O_CREAT, 0o644)),
      ),
    ...AN_OPEN_NODE,
    host: (context) => host(context, "copy").uid === context.hostUser,
  },
  ...(["COPY_FILE_RANGE", "COPY_FILE_RANGE_64"] as const).map((op) =>
    onFile(
      op,
      "letters/first to copy",
      FIRST,
      ({ session, nodes, handles }, nodeid, fh) =>
        told(
          session.ask({
            ...files.copyFileRange(
              { nodeid, fh, offset: 0 },
              {
                nodeid: nodes.get("copy")!,
                fh: handles.get("copy")!,
                offset: 0,
              },
              HELLO.length,
            ),
            op,
          }),
          (count) => `${count} bytes`,
        ),
      {
        expected: "12 bytes",
        host: ({ directory }) =>
          Deno.readTextFileSync(`${directory}/copy`) === HELLO,
      },
    )
  ),
  {
    request: "TMPFILE",
    asked: "in letters, without a name",
    run: (context) =>
      entry(
        context,
        "unnamed",
        asUser(
          context,
          names.tmpfile(context.nodes.get("letters")!, O_RDWR, 0o600),
        ),
      ),
    // Not every file system has them.
    expected: /^(node \d+, open|EOPNOTSUPP)$/,
  },
  {
    request: "OPEN",
    asked: "letters/first, once more",
    run: (context) =>
      told(
        context.session.ask(
          files.open(context.nodes.get(FIRST)!, O_RDONLY),
        ),
        ({ fh }) => {
          context.handles.set("again", fh);
          return "open";
        },
      ),
    expected: "open",
  },
  {
    request: "RELEASE",
    asked: "letters/first",
    run: ({ session, nodes, handles }) =>
      told(
        session.ask(files.release(nodes.get(FIRST)!, handles.get("again")!)),
      ),
  },
];
