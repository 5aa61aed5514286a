/**
 * A directory as the host sees it, in lines that can be compared.
 *
 * @module
 */
import { printed } from "./processes.ts";

/** Later times are those of the run itself, and differ from one to the next. */
const LONG_PAST = 1_100_000_000;

/**
 * What is in `directory`, one line a file, sorted: path, type, mode and owner,
 * links and size of a plain file, a symlink's target, a device's numbers, the
 * time of the last change if that was set to a moment long past, the SHA-256
 * of the content, and extended attributes.
 *
 * By commands, as Deno shows no attributes and no names that are not UTF-8.
 */
export async function hostView(directory: string): Promise<string[]> {
  const sums = new Map(
    (await listed(
      directory,
      "find . -type f -print0 | xargs -0r sha256sum -z",
    )).map((line) => [line.slice(68), line.slice(0, 64)]),
  );
  const devices = new Map(
    (await listed(
      directory,
      "find . -type b,c -exec stat --printf '%n\\t%t:%T\\0' {} +",
    )).map((line) => {
      const [path = "", hex = ""] = line.slice(2).split("\t");
      const numbers = hex.split(":").map((part) => parseInt(part, 16));
      return [path, `device ${numbers.join(":")}`];
    }),
  );
  const attributes = new Map(
    (await listed(
      directory,
      "getfattr -R -P -h -d -m - -e hex . | sed -z 's/\\n\\n/\\x00/g'",
    )).map((block) => {
      const [head = "", ...values] = block.trim().split("\n");
      return [head.replace("# file: ", ""), values.sort().join(" ")];
    }),
  );
  const found = await listed(
    directory,
    "find . -mindepth 1 -printf '%P\\t%y\\t%m\\t%U:%G\\t%n\\t%s\\t%l\\t%T@\\0'",
  );
  return found.map((line) => {
    const [path = "", type, mode, owner, links, size, target, time] = line
      .split("\t");
    return [
      path,
      `${type} ${mode} ${owner}`,
      type === "f" ? `${links} links, ${size} bytes` : "",
      target ? `-> ${target}` : "",
      devices.get(path) ?? "",
      Number(time) < LONG_PAST ? `time ${Math.floor(Number(time))}` : "",
      sums.get(path) ?? "",
      attributes.get(path) ?? "",
    ].filter((part) => part !== "").join(" | ");
  }).sort();
}

/** What a shell command prints in `directory`, cut at its NULs. */
async function listed(directory: string, command: string): Promise<string[]> {
  // Sort orders and names are bytes.
  const options = { cwd: directory, env: { LC_ALL: "C" } };
  return (await printed(["sh", "-c", command], options)).split("\0")
    .filter((part) => part !== "");
}
