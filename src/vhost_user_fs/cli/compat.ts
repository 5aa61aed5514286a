/**
 * `-o`: options as the first virtiofsd, in C, had them; libvirt uses them with a
 * daemon that does not say that it knows others.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import type { Given } from "./options.ts";

/** Words without a value. */
const WORDS: Readonly<Record<string, readonly Given[]>> = {
  xattr: [["xattr", true]],
  no_xattr: [["xattr", false]],
  readdirplus: [["no-readdirplus", false]],
  no_readdirplus: [["no-readdirplus", true]],
  writeback: [["writeback", true]],
  no_writeback: [["writeback", false]],
  allow_direct_io: [["allow-direct-io", true]],
  no_allow_direct_io: [["allow-direct-io", false]],
  announce_submounts: [["announce-submounts", true]],
  killpriv_v2: [["killpriv-v2", true]],
  no_killpriv_v2: [["killpriv-v2", false]],
  posix_acl: [["posix-acl", "always"]],
  no_posix_acl: [["posix-acl", "never"]],
  security_label: [["security-label", "always"]],
  no_security_label: [["security-label", "never"]],
  // It is so in any case.
  no_posix_lock: [],
  no_flock: [],
};

/** Words with a value, and how it is said today. */
const KEYS: Readonly<Record<string, (value: string) => Given>> = {
  source: (value) => ["shared-dir", value],
  cache: (value) => [
    "cache",
    choose("cache", value, {
      auto: "auto",
      always: "always",
      none: "never",
      metadata: "metadata",
    }),
  ],
  loglevel: (value) => [
    "log-level",
    choose("loglevel", value, {
      debug: "debug",
      info: "info",
      warn: "warn",
      err: "error",
    }),
  ],
  sandbox: (value) => [
    "sandbox",
    choose("sandbox", value, { namespace: "namespace", chroot: "chroot" }),
  ],
  modcaps: (value) => ["modcaps", value],
  xattrmap: (value) => ["xattrmap", value],
};

/**
 * What the words mean. A comma in a value is doubled.
 *
 * @throws {UsageError}
 */
export function expandWords(words: string): Given[] {
  return split(words).flatMap((word) => {
    const at = word.indexOf("=");
    if (at < 0) {
      if (Object.hasOwn(WORDS, word)) return WORDS[word]!;
      if (word === "flock" || word === "posix_lock") {
        throw refuse(word, "locks hold within one guest, and can't be shared");
      }
    } else {
      const key = word.slice(0, at);
      if (Object.hasOwn(KEYS, key)) return [KEYS[key]!(word.slice(at + 1))];
    }
    throw refuse(word, "there is no such word");
  });
}

/** At each single comma. */
function split(words: string): string[] {
  const parts = words.match(/(?:[^,]|,,)+/g) ?? [];
  return parts.map((part) => part.replaceAll(",,", ","));
}

function choose(
  key: string,
  value: string,
  choices: Readonly<Record<string, string>>,
): string {
  if (Object.hasOwn(choices, value)) return choices[value]!;
  throw refuse(
    `${key}=${value}`,
    `not one of ${Object.keys(choices).join(", ")}`,
  );
}

const refuse = (word: string, why: string) =>
  new UsageError(`Cannot use -o ${word}: ${why}`);
