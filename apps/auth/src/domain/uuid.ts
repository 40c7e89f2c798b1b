/** Ids of users and sessions as they are written here. JSON Schema's `format: uuid` would take `urn:uuid:` as well. */
export const UUID_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

const UUID = new RegExp(UUID_PATTERN, 'i');

export function isUuid(id: string): boolean {
  return UUID.test(id);
}
