/**
 * `--modcaps`: changes the capabilities that the helper keeps, in the notation
 * of virtiofsd's option of that name.
 *
 * @module
 */
import {
  CAPABILITIES,
  type CapabilityBits,
  capabilityBits,
  type CapabilityName,
  unsigned,
  without,
} from "../../ffi/capabilities.ts";
import { UsageError } from "../errors.ts";
import { suggestion } from "./nearest.ts";

/** Without these no file can be created for its owner. */
const NEEDED: readonly CapabilityName[] = ["SETUID", "SETGID"];

/**
 * Applies changes like `+SETFCAP:-MKNOD` to `bits`, from left to right. Names
 * may be lower-case, and may begin with `CAP_`.
 *
 * @throws {UsageError}
 */
export function changeCapabilities(
  bits: CapabilityBits,
  changes: string,
): CapabilityBits {
  return changes.split(":").reduce((bits, change) => {
    const [, sign, given = ""] = /^([+-])(.+)$/.exec(change) ?? [];
    if (sign === undefined) {
      throw new UsageError(
        `Cannot change the capabilities by "${change}": write +NAME or -NAME, with a colon between two`,
      );
    }
    const name = capabilityName(given);
    if (sign === "+") return unsigned(bits | capabilityBits([name]));
    if (NEEDED.includes(name)) {
      throw new UsageError(
        `Cannot do without CAP_${name}: files could not be created for their owners`,
      );
    }
    return without(bits, capabilityBits([name]));
  }, bits);
}

function capabilityName(given: string): CapabilityName {
  const name = given.toUpperCase().replace(/^CAP_/, "");
  if (Object.hasOwn(CAPABILITIES, name)) return name as CapabilityName;
  throw new UsageError(
    `Cannot change the capability ${given}: not the name of one that could be kept${
      suggestion(name, Object.keys(CAPABILITIES)) || "; see capabilities(7)"
    }`,
  );
}
