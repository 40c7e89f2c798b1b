import { parseAllDocuments } from 'yaml';

/** One object of Kubernetes, as it is written. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** A map of YAML or JSON. */
export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The documents of a YAML text. @throws where it is not YAML, or not unambiguous YAML */
export function parseDocuments(text: string): Fields[] {
  return parseAllDocuments(text, { uniqueKeys: true, version: '1.2' }).map((document) => {
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) throw fault;
    // What an alias stands for is a value of its own.
    return JSON.parse(JSON.stringify(document.toJS())) as Fields;
  });
}

export const nameOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;
