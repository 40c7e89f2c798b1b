/**
 * Text that people write about themselves and others see: normalised, so that what looks alike is alike, and free of
 * characters that are not text but commands to whoever shows it.
 */

/** Controls, halves of pairs, noncharacters, and what changes the direction of the text around it (UAX #9). */
const UNFIT =
  /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF\uFFF9-\uFFFD]/u;
/** Some letters and symbols are there to be invisible: fillers, and the empty Braille pattern. */
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/u;

/** One line: NFC, no blanks around it. `undefined` when it holds what no line may hold, or nothing to see. */
export function plainLine(text: string): string | undefined {
  const line = text.normalize('NFC').trim();
  return UNFIT.test(line) || !VISIBLE.test(line) ? undefined : line;
}

/** Lines, ended by `\n`; may be empty. `undefined` when one of them holds what no line may hold. */
export function plainLines(text: string): string | undefined {
  const lines = text.normalize('NFC').replaceAll('\r\n', '\n').trim();
  return UNFIT.test(lines.replaceAll('\n', '')) ? undefined : lines;
}

/** Its length as people count it, nearly: in code points. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}
