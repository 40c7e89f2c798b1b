import { isValid, Type, type Static, type TSchema } from '@roomkey/schema';
import { Problem } from './problem.ts';

const MAX_CURSOR_CHARACTERS = 512;

/** Query parameters of every list: how many, and where to go on. Spread into the route's own query schema. */
export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'most items in one answer' }),
  cursor: Type.Optional(
    Type.String({ maxLength: MAX_CURSOR_CHARACTERS, description: '`next` of the answer before' }),
  ),
};

/** Packs the position after the last item of a page into one opaque, URL-safe word. Nothing secret belongs in it. */
export function encodeCursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/**
 * Unpacks a cursor. It came back from a client, so it is input like any other and is held against a schema.
 *
 * @returns the position, `undefined` without a cursor
 * @throws {Problem} `invalid-request` when it is not one that this list gives
 */
export function decodeCursor<Schema extends TSchema>(
  schema: Schema,
  cursor: string | undefined,
): Static<Schema> | undefined {
  if (cursor === undefined) return undefined;
  const position = cursor.length <= MAX_CURSOR_CHARACTERS ? unpack(cursor) : undefined;
  if (!isValid(schema, position)) {
    throw new Problem('invalid-request', 'This cursor is not one of this list; start again without it.');
  }
  return position;
}

function unpack(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
