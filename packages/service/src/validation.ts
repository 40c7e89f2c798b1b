import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchema } from 'fastify';

const shared = { useDefaults: true, removeAdditional: false, allErrors: false, strict: false } as const;

// A query string or a path is text by nature, so its numbers are converted. A JSON body has types: what is wrong there is refused.
const text = new Ajv({ ...shared, coerceTypes: 'array' });
const json = new Ajv({ ...shared, coerceTypes: false });
addFormats.default(text);
addFormats.default(json);

/** Fastify's validator compiler: strict for bodies, converting for query, path and headers; unknown members stay an error. */
export function compileValidator({
  schema,
  httpPart,
}: {
  schema: FastifySchema;
  httpPart?: string;
}): ValidateFunction {
  return (httpPart === 'body' ? json : text).compile(schema);
}
