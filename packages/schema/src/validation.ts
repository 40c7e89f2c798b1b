import { Ajv, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { Static, TSchema } from './type.ts';

const shared = {
  useDefaults: true,
  removeAdditional: false,
  strict: false,
  // Schemas are written here and typed: compiling JSON Schema's own schema, to hold them against it, costs more than they do.
  meta: false,
  validateSchema: false,
} as const;

// A query string, a path or a setting is text by nature, so its numbers are converted. A JSON body has types: what is wrong
// there is refused. The first fault is enough for a client; who writes settings wants all of them.
const text = new Ajv({ ...shared, coerceTypes: 'array' });
const body = new Ajv({ ...shared, coerceTypes: false });
const settings = new Ajv({ ...shared, coerceTypes: true, allErrors: true });
const given = new Ajv({ ...shared, coerceTypes: false, allErrors: true });
for (const one of [text, body, settings, given]) addFormats.default(one);

/** As Fastify takes it: false, and then what is wrong. */
export interface Validator {
  (value: unknown): boolean;
  errors?: ErrorObject[] | null;
}

/** A validator of JSON: strict about types; fills in defaults. */
export const compileBody = (schema: AnySchema): Validator => atFirstUse(() => body.compile(schema));

/** A validator of text parameters: converts what is written like a number or a boolean; fills in defaults. */
export const compileText = (schema: AnySchema): Validator => atFirstUse(() => text.compile(schema));

/** Compiling takes milliseconds a schema: all routes together took a quarter of a service's start. */
function atFirstUse(compile: () => ValidateFunction): Validator {
  let compiled: ValidateFunction | undefined;
  const validator: Validator = (value) => {
    compiled ??= compile();
    const passes = compiled(value);
    validator.errors = compiled.errors ?? null;
    return passes;
  };
  return validator;
}

/** What is wrong with a value, and where. */
export interface SchemaFault {
  /** JSON Pointer (RFC 6901) into the value; empty for the value itself. */
  readonly path: string;
  /** Such as "must be integer". */
  readonly message: string;
}

/**
 * Holds a value that a person wrote against a schema, and fills in the schema's defaults.
 *
 * @param value changed: it gets the defaults, and with `isText` the converted values
 * @param isText whether all in it is text: converts what is written like a number or a boolean
 * @returns every fault; none where it is valid
 */
export function faultsOf(schema: TSchema, value: unknown, { isText = false } = {}): readonly SchemaFault[] {
  const validate = (isText ? settings : given).compile(schema);
  return validate(value) ? [] : (validate.errors ?? []).map(faultOf);
}

/** Whether a value is what a schema says; the value is not changed. */
export function isValid<Schema extends TSchema>(schema: Schema, value: unknown): value is Static<Schema> {
  return body.validate(schema, structuredClone(value));
}

/** A missing property is a fault of its own place. */
function faultOf({ instancePath, keyword, params, message = 'is not valid' }: ErrorObject): SchemaFault {
  if (keyword !== 'required') return { path: instancePath, message };
  const { missingProperty } = params as { missingProperty: string };
  return { path: `${instancePath}/${missingProperty}`, message: 'is missing' };
}
