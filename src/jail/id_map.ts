/**
 * The ids that exist in this process's user namespace, user_namespaces(7).
 *
 * @module
 */

/** The id of nobody, on every Linux. */
const NOBODY = 65534;

/** A map of ids, whose lines are `first-inside first-outside count`. */
export class IdMap {
  /** The id for threads without rights: nobody, else the highest id; undefined if there is only 0. */
  readonly unprivileged: number | undefined;

  /** @param text the content of /proc/self/uid_map or gid_map */
  constructor(text: string) {
    const ranges = text.trim().split("\n").map((line) => {
      const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return { first, last: first + count - 1 };
    });
    const hasNobody = ranges.some(({ first, last }) =>
      first <= NOBODY && NOBODY <= last
    );
    const id = hasNobody ? NOBODY : Math.max(...ranges.map(({ last }) => last));
    this.unprivileged = id > 0 ? id : undefined;
  }
}
