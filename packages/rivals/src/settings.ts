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

/** Whether a proxy in front ends TLS and says so, as in production. Loopback speaks plain HTTP, and gets no `Secure` cookies. */
export const isBehindTls: boolean = optionalSetting('BEHIND_TLS') === 'true';
