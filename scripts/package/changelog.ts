/**
 * CHANGELOG.md, read for packages.
 *
 * @module
 */

/** A version that the changelog has a heading for. */
export interface Release {
  readonly version: string;
  /** Midnight in UTC, in seconds since 1970. */
  readonly seconds: number;
}

/**
 * The versions of a changelog, the newest first, by headings like
 * `## 0.2.0 (2026-11-26)`.
 *
 * @throws {Error} where there is none, or a date that is none
 */
export function releases(changelog: string): [Release, ...Release[]] {
  const [newest, ...older] = [
    ...changelog.matchAll(/^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$/gm),
  ].map(([, version = "", date = ""]) => {
    const seconds = Date.parse(`${date}T00:00:00Z`) / 1000;
    if (Number.isNaN(seconds)) {
      throw new Error(`Cannot read CHANGELOG.md: ${date} is no date`);
    }
    return { version, seconds };
  });
  if (newest === undefined) {
    throw new Error(
      "Cannot read CHANGELOG.md: there is no heading like ## 1.2.3 (2026-12-31)",
    );
  }
  return [newest, ...older];
}

/** The version of the Debian package: the first of this version of the programs. */
export function debianVersion(version: string): string {
  return `${version}-1`;
}

/**
 * The changelog in Debian's format (deb-changelog(5)). It has an entry for each
 * version, and refers to CHANGELOG.md for what is new.
 *
 * @param maintainer `NAME <ADDRESS>`
 */
export function debianChangelog(
  name: string,
  maintainer: string,
  versions: readonly Release[],
): string {
  return versions.map(({ version, seconds }) =>
    `${name} (${debianVersion(version)}) unstable; urgency=medium

  * Version ${version}: changelog.gz says what is new.

 -- ${maintainer}  ${mailDate(seconds)}
`
  ).join("\n");
}

/** As in a header of a mail: `Thu, 26 Nov 2026 00:00:00 +0000`. */
function mailDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString().replace("GMT", "+0000");
}
