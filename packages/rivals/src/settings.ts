import process from 'node:process';

/** A setting that a design needs, told to its process by whoever starts it. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

export function optionalSetting(name: string): string | undefined {
  return process.env[name];
}
