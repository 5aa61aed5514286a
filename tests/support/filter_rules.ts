/**
 * All rules of the helpers' filters.
 *
 * @module
 */
import type { Circumstances, Rule } from "../../src/jail/seccomp/rule.ts";
import { runtimeRules } from "../../src/jail/seccomp/runtime_rules.ts";
import { PROXY_RULES } from "../../src/proxy/rules.ts";
import { VHOST_USER_FS_RULES } from "../../src/vhost_user_fs/rules.ts";

/** The rules of the requests, by front end. */
export const REQUEST_RULES = {
  proxy: PROXY_RULES,
  "vhost-user-fs": VHOST_USER_FS_RULES,
} as const;

/** Which of the programs. */
export type FrontEndName = keyof typeof REQUEST_RULES;

export const FRONT_END_NAMES = Object.keys(
  REQUEST_RULES,
) as readonly FrontEndName[];

/** Those of the requests, then those of the runtime. */
export function allowList(
  circumstances: Circumstances,
  frontEnd: FrontEndName = "proxy",
): readonly Rule[] {
  return [...REQUEST_RULES[frontEnd], ...runtimeRules(circumstances)];
}
