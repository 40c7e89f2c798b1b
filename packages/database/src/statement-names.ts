/** Under which name a statement is prepared; undefined: it is not. */
export type StatementNames = (statement: string) => string | undefined;

/** The server keeps as many for each connection. */
const MAX_NAMES = 200;
const CAN_BE_PREPARED = /^\s*(?:select|insert|update|delete|with)\b/i;
const ALL_COLUMNS = /(?:select|returning|,|\.)\s*\*/i;

/**
 * Names statements, so that PostgreSQL parses and plans them once a connection, which costs more than most of them do. One that
 * says `*` for all columns is left out: a column that is added while it is prepared would change its result, and the server then refuses it.
 */
export function createStatementNames(): StatementNames {
  const names = new Map<string, string>();
  return (statement) => {
    const known = names.get(statement);
    if (known !== undefined) return known;
    if (names.size >= MAX_NAMES || ALL_COLUMNS.test(statement) || !CAN_BE_PREPARED.test(statement))
      return undefined;
    const name = `s${names.size}`;
    names.set(statement, name);
    return name;
  };
}
