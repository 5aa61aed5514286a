/**
 * All rules of the helper's filter.
 *
 * @module
 */
import type { Circumstances, Rule } from "../../src/jail/seccomp/rule.ts";
import { runtimeRules } from "../../src/jail/seccomp/runtime_rules.ts";
import { PROXY_RULES } from "../../src/proxy/rules.ts";

/** Those of the requests, then those of the runtime. */
export function allowList(circumstances: Circumstances): readonly Rule[] {
  return [...PROXY_RULES, ...runtimeRules(circumstances)];
}
