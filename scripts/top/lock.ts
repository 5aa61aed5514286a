/**
 * Whether the helper that has written a file lives: it keeps the newest of its
 * files locked, flock(2), and whatever ends a process takes its locks away.
 *
 * @module
 */

/**
 * Whether somebody holds the lock of a file. Undefined where that can't be known.
 *
 * Where nobody does, this holds it for a moment, in which others would see it
 * locked. So ask only where a file is old, and never again when the answer was no.
 */
export async function isLocked(path: string): Promise<boolean | undefined> {
  try {
    const { isFile, ino } = await Deno.lstat(path);
    if (!isFile) return undefined;
    // Should it be exchanged for a pipe just now, this waits, and nobody for this.
    using file = await Deno.open(path);
    if ((await file.stat()).ino !== ino) return undefined;
    if (!await file.tryLock(false)) return true;
    await file.unlock();
    // Its helper may have written a new one meanwhile, and let go of this.
    return (await Deno.lstat(path)).ino === ino ? false : undefined;
  } catch {
    // There is no such file any more, or its file system has no locks.
    return undefined;
  }
}
