/**
 * Guests in libvirt's XML, with the elements that docs/libvirt.md gives.
 *
 * @module
 */
import { block } from "../docs/blocks.ts";

/** For the guest's memory. */
export const SHARED = block("docs/libvirt.md", "<memoryBacking>\n");

/** The document's `<filesystem>`: /srv/share as `share`. */
export const FS = block(
  "docs/libvirt.md",
  "  <source dir='/srv/share'/>\n  <target dir='share'/>\n</filesystem>",
);

/** The program's name as `ps` shows it. */
export const HELPER = "virtfs-vhost-helper";

/** Another `<filesystem>`: `binary` and `source` in the place of the document's. */
export function share(
  binary: string,
  source = "<source dir='/srv/share'/>",
  tag = "share",
): string {
  return FS.replace(/<binary .*\/>/, binary)
    .replace(/<source .*\/>/, source)
    .replace("<target dir='share'/>", `<target dir='${tag}'/>`);
}

/** Commands that make a directory with the file that the guest's job reads. */
export function given(directory: string): string {
  return `mkdir -p ${directory}; echo of the host >${directory}/given`;
}

/** What a guest is to have. */
export interface GuestOptions {
  /** Elements below `<devices>`. */
  readonly devices: string;
  /** Those below `<domain>`; the document's where not given. */
  readonly memory?: string;
  /** Variables of the guest's job. */
  readonly variables?: string;
}

/** A command that writes the guest's XML to /run/guest.xml. */
export function guestXml(
  { devices, memory = SHARED, variables = "" }: GuestOptions,
): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  return `VARIABLES=${quoted(variables)} domain ${quoted(memory)} ${
    quoted(devices)
  } >/run/guest.xml`;
}

/** What the guest's job prints of a share where all goes well. */
export function worked({ times = 0, xattr = true } = {}): string[] {
  return [
    "given: of the host",
    `times: ${times}`,
    "link/second: OK",
    "owner: 1000:100 640 2",
    xattr ? "value" : "setfattr: setfattr: directory: Operation not supported",
    "others may read",
  ];
}

/** What stands below lines `-- TOPIC`; of descriptors not the numbers. */
export function topics(lines: readonly string[]): Record<string, string[]> {
  const topics: Record<string, string[]> = {};
  let current: string[] = [];
  for (const line of lines) {
    const [, topic] = /^-- (.*)/.exec(line) ?? [];
    if (topic !== undefined) topics[topic] = current = [];
    else current.push(line.replace(/--fd=\d+/, "--fd=N"));
  }
  return topics;
}
