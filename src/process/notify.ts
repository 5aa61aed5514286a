/**
 * Tells a service manager how the helper is, sd_notify(3).
 *
 * @module
 */
import type { Datagrams } from "../../ffi/datagram.ts";

/** What can be told. */
export type ServiceState = "READY" | "STOPPING";

/** Sends a state; nothing is sent where there is no service manager. */
export function notify(
  manager: Datagrams | undefined,
  state: ServiceState,
): void {
  manager?.send(new TextEncoder().encode(`${state}=1\n`));
}
