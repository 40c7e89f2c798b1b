import { Type } from '@roomkey/schema';

/** JSON Schema of a problem, for the error answers in API descriptions. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    instance: Type.String(),
  },
  { description: 'RFC 9457 problem' },
);
