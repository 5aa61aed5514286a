/**
 * Answers that may differ, and why.
 *
 * @module
 */

/** By request: ours, virtiofsd 1.13's. */
const ALLOWED: readonly (readonly [
  request: string,
  ours: RegExp,
  theirs: RegExp,
  reason: string,
])[] = [
  ["*", /^ESTALE$/, /^EBADF$/, "a node that nobody has is stale"],
  ["*", /^ENAMETOOLONG$/, /^E/, "what is wrong with a name is found first"],
  ["OPEN", /^(ELOOP|ENXIO)$/, /^EBADF$/, "what is no file is said to be so"],
  ["CREATE", /^(ELOOP|ENXIO)$/, /^EBADF$/, "as for OPEN"],
  ["SETATTR", /^EINVAL$/, /^EBADF$/, "the size of what has none"],
  ["WRITE", /^EBADF$/, /^done 0$/, "of nothing, through a handle for reading"],
  ["OPENDIR", /^ENOTDIR$/, /^EBADF$/, "as for OPEN"],
];

/** Whether two answers to a request may be given. */
export function sameAnswers(
  words: string,
  ours: string,
  theirs: string,
): boolean {
  if (ours === theirs) return true;
  const [request] = words.split(" ");
  // Virtiofsd tells the size that a file had before CREATE has truncated it.
  if (request === "CREATE" && sizeless(ours) === sizeless(theirs)) return true;
  return ALLOWED.some(([which, one, other]) =>
    (which === "*" || which === request) && one.test(ours) && other.test(theirs)
  );
}

function sizeless(answer: string): string {
  return answer.replace(/ \d*$/, "");
}
