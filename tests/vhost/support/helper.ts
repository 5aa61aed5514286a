/**
 * Which program is tested as ours.
 *
 * @module
 */
const ROOT = new URL("../../..", import.meta.url).pathname;

/** The launcher of this checkout. */
export const LAUNCHER = `${ROOT}scripts/virtfs-vhost-helper`;

/** `$VHOST_HELPER`, or the launcher. */
export const HELPER = chosen() ?? LAUNCHER;

function chosen(): string | undefined {
  const path = Deno.env.get("VHOST_HELPER");
  return path ? Deno.realPathSync(path) : undefined;
}
