/**
 * What the guest's job works on: a large file, and an archive of a thousand
 * small ones. The same bytes on every run.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** One of the thousand files. */
interface SmallFile {
  readonly path: string;
  readonly mode: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

const FILES = 1000;
const FILES_IN_A_DIRECTORY = 25;
/** In seconds: what the archive says of every file. */
export const ARCHIVE_TIME = 1_000_000_000;

/** The large file that the guest copies into the share. */
export const data = (): Uint8Array<ArrayBuffer> => noise(1_500_001, 4711);

/** `size` bytes that no compression and no repetition hides an error in. */
function noise(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = seed * 2654435761 + 1 >>> 0;
  for (let at = 0; at < size; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** The thousand files, in the order of their names. */
export function smallFiles(): SmallFile[] {
  return Array.from({ length: FILES }, (_, n) => {
    const directory = Math.floor(n / FILES_IN_A_DIRECTORY);
    return {
      path: `files/part ${directory}/file-${String(n).padStart(4, "0")}`,
      mode: [0o644, 0o600, 0o755, 0o444][n % 4]!,
      // Some are empty, some span several messages, most are a few blocks.
      data: noise(n % 100 === 99 ? 66_000 + n : n * 7 % 3000, n + 1),
    };
  });
}

/** Puts `files` into a tar archive; they belong to uid and gid 1000. */
export async function tarOf(
  files: readonly SmallFile[],
  scratch: string,
): Promise<Uint8Array> {
  for (const { path, mode, data } of files) {
    const target = `${scratch}/${path}`;
    const directory = target.replace(/\/[^/]*$/, "");
    Deno.mkdirSync(directory, { recursive: true });
    Deno.chmodSync(directory, 0o755);
    Deno.writeFileSync(target, data);
    Deno.chmodSync(target, mode);
  }
  Deno.chmodSync(`${scratch}/files`, 0o755);
  const archive = `${scratch}/files.tar`;
  const { success } = await new Deno.Command("tar", {
    args: [
      ...["--sort=name", "--owner=1000", "--group=1000", "--numeric-owner"],
      ...[`--mtime=@${ARCHIVE_TIME}`, "-cf", archive, "-C", scratch, "files"],
    ],
  }).output();
  if (!success) throw new Error(`Cannot make ${archive}: tar failed`);
  return Deno.readFileSync(archive);
}

/** The SHA-256 of `content`, as sha256sum writes it. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
