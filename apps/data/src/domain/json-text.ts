/**
 * Reads the text of a document and says whether it can be kept. The text is stored as it came, so that what is read is
 * what was written: order of members, blanks and the digits of every number.
 */
import { isUtf8 } from 'node:buffer';

declare global {
  // Proposal "JSON.parse source text access": in V8, not yet in TypeScript's library.
  interface JSON {
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source: string }) => unknown,
    ): unknown;
  }
}

/** A number with its digits as they were sent; `JSON.stringify` writes them again. */
interface RawNumber {
  readonly rawJSON: string;
}

export type JsonValue = string | boolean | null | RawNumber | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export interface JsonText {
  /** The text as it came. */
  readonly text: string;
  /** What it says. */
  readonly content: JsonObject;
}

export type Reading =
  | { readonly ok: true; readonly document: JsonText }
  | { readonly ok: false; readonly kind: 'malformed' | 'unfit'; readonly fault: string };

export const JSON_LIMITS = { maxBytes: 256 * 1024, maxDepth: 32, maxValues: 20_000, maxNameCharacters: 256 };

/** What the reviver throws to leave `JSON.parse` early. */
class Unfit extends Error {}

/** @returns the document, or a sentence that says what is wrong with it and what would be right */
export function readJsonText(bytes: Uint8Array): Reading {
  if (bytes.byteLength > JSON_LIMITS.maxBytes) {
    return unfit(`A document has at most ${JSON_LIMITS.maxBytes} bytes; this one has ${bytes.byteLength}.`);
  }
  if (!isUtf8(bytes)) return malformed('The body is not valid UTF-8.');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  // Before it is parsed: the reviver below recurses, and so does whoever reads the document later.
  if (isDeeper(text, JSON_LIMITS.maxDepth)) {
    return unfit(`A document is nested at most ${JSON_LIMITS.maxDepth} levels deep.`);
  }
  try {
    const content = JSON.parse(text, createInspector());
    return isJsonObject(content)
      ? { ok: true, document: { text, content } }
      : unfit('A document is a JSON object.');
  } catch (error) {
    if (error instanceof Unfit) return unfit(error.message);
    if (error instanceof SyntaxError) return malformed('The body is not valid JSON.');
    throw error;
  }
}

/** Whether a value is an object with members, rather than a list, a number or anything else. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

function createInspector() {
  let values = 0;
  return (name: string, value: unknown, { source }: { source: string }): unknown => {
    values += 1;
    if (values > JSON_LIMITS.maxValues)
      throw new Unfit(`A document has at most ${JSON_LIMITS.maxValues} values.`);
    if (name.length > JSON_LIMITS.maxNameCharacters) {
      throw new Unfit(`The name of a member has at most ${JSON_LIMITS.maxNameCharacters} characters.`);
    }
    if (name === '__proto__') throw new Unfit('No member can be named "__proto__".');
    requireStorable(name);
    if (typeof value === 'string') requireStorable(value);
    if (typeof value !== 'number') return value;
    if (!Number.isFinite(value))
      throw new Unfit('A number is beyond what a double holds (RFC 8259 §6); send a string.');
    return JSON.rawJSON(source);
  };
}

/** PostgreSQL's text has no U+0000, and UTF-8 has no half characters. */
function requireStorable(text: string): void {
  if (text.includes('\0')) throw new Unfit('The character \\u0000 cannot be stored.');
  if (!text.isWellFormed())
    throw new Unfit('A surrogate without its other half (\\ud800 to \\udfff) cannot be stored.');
}

function isDeeper(text: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') inString = !inString;
    else if (inString) at += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}

const malformed = (fault: string): Reading => ({ ok: false, kind: 'malformed', fault });
const unfit = (fault: string): Reading => ({ ok: false, kind: 'unfit', fault });
