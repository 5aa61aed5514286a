/**
 * Suggests the right word for one that was mistyped.
 *
 * @module
 */

/** How many letters of a word may be wrong, missing or too many. */
const MAX_DISTANCE = 2;

/** The word that `given` is with a typing error, cut off, too long, or with other dashes; undefined if none. */
function nearest(
  given: string,
  words: readonly string[],
): string | undefined {
  const bare = (word: string) => word.replaceAll(/[-_]/g, "").toLowerCase();
  const wanted = bare(given);
  if (wanted === "") return undefined;
  // A word is not suggested for its negation, nor the other way round.
  const others = words.filter((word) =>
    bare(word) !== `no${wanted}` && `no${bare(word)}` !== wanted
  );
  const ranked = others.map((word) => ({
    word,
    distance: bare(word) === wanted
      ? 0
      : wanted.length > 2 && bare(word).startsWith(wanted) ||
          bare(word).length > 2 && wanted.startsWith(bare(word))
      ? 1
      : distance(wanted, bare(word)),
  })).sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  const allowed = Math.min(MAX_DISTANCE, Math.floor(wanted.length / 3));
  return best !== undefined && best.distance <= allowed ? best.word : undefined;
}

/** `; did you mean …?` to end an error message with, or nothing. */
export function suggestion(
  given: string,
  words: readonly string[],
  dashes = "",
): string {
  const found = nearest(given, words);
  return found === undefined ? "" : `; did you mean ${dashes}${found}?`;
}

/** The Damerau-Levenshtein distance: insertions, deletions, replacements, swapped neighbours. */
function distance(a: string, b: string): number {
  const rows = Array.from(
    { length: a.length + 1 },
    (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i === 0 ? j : i),
  );
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(
        rows[i - 1]![j]! + 1,
        rows[i]![j - 1]! + 1,
        rows[i - 1]![j - 1]! + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] &&
        a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = least;
    }
  }
  return rows[a.length]![b.length]!;
}
