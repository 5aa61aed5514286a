/**
 * Directories so deep that no path to them is short enough for the kernel,
 * made by the helper's client, and seen past the helper through a descriptor.
 *
 * @module
 */
import { O_DIRECTORY, O_RDONLY } from "../../ffi/constants.ts";
import { type RunningHelper, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { type Need, testsThatNeed } from "../support/requirements.ts";
import { done } from "../support/said.ts";

/** The longest name of ext4 and its like. */
const NAME = "d".repeat(255);

/** A helper, and the means to look past it. */
export interface Harness {
  readonly helper: RunningHelper;
  readonly client: RunningHelper["client"];
  readonly host: Host;
  /** The export. */
  readonly top: string;
  /** What the host calls the directory `path`, until the end of the test. */
  seen(path: string): string;
}

type Run = (harness: Harness) => void | Promise<void>;

/** What defines tests on a new export, with a helper that is given `args`. To be called `test`. */
export function testsThatDig(
  needs: readonly Need[] = ["root"],
  args: readonly string[] = [],
): (name: string, run: Run) => void {
  const test = testsThatNeed(...needs);
  return (name, run) => test(name, () => withHelper(run, args));
}

async function withHelper(run: Run, args: readonly string[]): Promise<void> {
  using host = new Host();
  await using helper = await startHelper({ args });
  const { client } = helper;
  const held: number[] = [];
  try {
    await run({
      helper,
      client,
      host,
      top: helper.directory,
      seen(path) {
        const fd = done(client.open(path, O_RDONLY | O_DIRECTORY));
        held.push(fd);
        return `/proc/self/fd/${fd}`;
      },
    });
  } finally {
    for (const fd of held) client.connection.closeDescriptor(fd);
  }
}

/** Makes directories, each in the one before, until the path to the last has `length` bytes. Returns that path. */
export function dig({ client }: Harness, length: number, below = ""): string {
  let path = below;
  while (path.length < length) {
    const left = length - path.length - 1;
    // No name may have 0 bytes, neither this one nor the last.
    const name = NAME.slice(0, left > 256 ? 255 : left > 255 ? 100 : left);
    path += `/${name}`;
    done(client.mkdir(path, 0o755, 0, 0));
  }
  return path;
}
