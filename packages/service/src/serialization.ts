import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import type { FastifySerializerCompiler } from 'fastify';

/** Fastify's own; answers have whole schemas, none refers to another. */
const compile = SerializerSelector()();

/** Fastify's serializer compiler, at work when the first answer of its kind is given: all of them together would slow every start. */
export const compileSerializer: FastifySerializerCompiler<unknown> = ({
  method,
  url,
  httpStatus = '',
  schema,
}) => {
  let serialize: ((value: unknown) => string) | undefined;
  return (value) => {
    serialize ??= compile({ method, url, httpStatus, schema });
    return serialize(value);
  };
};
