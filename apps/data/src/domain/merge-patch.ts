import { isJsonObject, type JsonObject, type JsonValue } from './json-text.ts';

/** JSON Merge Patch (RFC 7396 §2) of an object: null removes a member, an object is merged, anything else replaces. */
export function mergePatch(target: JsonValue | undefined, patch: JsonObject): JsonObject {
  // A Map and fromEntries define members and nothing else: no name can reach a prototype.
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, isJsonObject(value) ? mergePatch(merged.get(name), value) : value);
  }
  return Object.fromEntries(merged);
}
