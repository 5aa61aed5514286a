/**
 * The ids that exist in a user namespace, user_namespaces(7).
 *
 * @module
 */

/** The id of nobody, on every Linux. */
const NOBODY = 65534;

/** One line of uid_map: `count` ids from `inside` on. */
interface Range {
  readonly inside: number;
  readonly count: number;
}

/** The ids that exist in this process's user namespace. */
export class IdMap {
  readonly #ranges: readonly Range[];

  /** @param text the content of /proc/self/uid_map or gid_map */
  constructor(text: string) {
    this.#ranges = text.split("\n").filter((line) => line.trim() !== "").map(
      (line) => {
        const [inside = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
        return { inside, count };
      },
    );
  }

  /** The id for threads without rights: nobody, else the highest id; undefined if there is only 0. */
  get unprivileged(): number | undefined {
    if (
      this.#ranges.some(({ inside, count }) =>
        inside <= NOBODY && NOBODY < inside + count
      )
    ) return NOBODY;
    const highest = Math.max(
      ...this.#ranges.map(({ inside, count }) => inside + count - 1),
    );
    return highest > 0 ? highest : undefined;
  }
}
