/**
 * Reads what strace(1) has written with `-f -o`.
 *
 * @module
 */

/** One system call, from its beginning to its end. */
interface TracedCall {
  readonly thread: number;
  /** As in `openat(AT_FDCWD, "/", O_RDONLY) = 3`. */
  readonly text: string;
}

const LINE = /^(\d+) +(.*)$/;
const UNFINISHED = / <unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. \w+ resumed>/;

/**
 * The calls of a log, in the order in which they began. One during which
 * another thread was seen is written in two parts, which are joined; one that
 * has no end, as its thread had, is what was written of it.
 */
export function tracedCalls(log: string): TracedCall[] {
  const calls: { thread: number; text: string }[] = [];
  const open = new Map<number, { text: string }>();
  for (const line of log.split("\n")) {
    const [, id, text = ""] = LINE.exec(line) ?? [];
    const thread = Number(id);
    if (RESUMED.test(text)) {
      const call = open.get(thread);
      if (call !== undefined) call.text += text.replace(RESUMED, "");
      open.delete(thread);
    } else if (/^\w+\(/.test(text)) {
      const call = { thread, text: text.replace(UNFINISHED, "") };
      calls.push(call);
      if (UNFINISHED.test(text)) open.set(thread, call);
    }
  }
  return calls;
}
