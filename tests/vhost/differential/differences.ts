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
  ["OPEN", /^(ELOOP|ENXIO)$/, /^EBADF$/, "what is no file is said to be so"],
  ["CREATE", /^(ELOOP|ENXIO)$/, /^EBADF$/, "as for OPEN"],
  ["SETATTR", /^EINVAL$/, /^EBADF$/, "the size of what has none"],
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
  return ALLOWED.some(([which, one, other]) =>
    (which === "*" || which === request) && one.test(ours) && other.test(theirs)
  );
}
