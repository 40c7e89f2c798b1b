/**
 * A start line and header fields as RFC 9112 §2.2 and §5 have them, with nothing that is merely tolerated: lines end with CRLF,
 * names are tokens, values are visible characters, blanks and tabs; no folding, no bare CR or LF, no blank before a colon.
 */
const WELL_FORMED = /^[\t\x20-\x7e\x80-\xff]+(?:\r\n[\w!#$%&'*+.^`|~-]+:[\t\x20-\x7e\x80-\xff]*)*$/;

/** Whether a head without its empty line is one: held to what arrives from replicas, and once more to what is sent to them. */
export function isWellFormed(head: string): boolean {
  return WELL_FORMED.test(head);
}

/**
 * A request's head as it goes over the wire.
 *
 * @param headers flat list: name, value, name, value
 * @returns undefined where it could be read as anything else
 */
export function writeRequestHead(
  method: string,
  target: string,
  headers: readonly string[],
): string | undefined {
  let head = `${method} ${target} HTTP/1.1`;
  for (let index = 0; index < headers.length; index += 2)
    head += `\r\n${headers[index]}: ${headers[index + 1]}`;
  return isWellFormed(head) ? `${head}\r\n\r\n` : undefined;
}
