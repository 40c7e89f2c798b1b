/** Where pages come from: each another site for the browser. */
export const PLACES = ['listed', 'listed as well', 'not listed'] as const;
export type Place = (typeof PLACES)[number];
export const LISTED: readonly Place[] = ['listed', 'listed as well'];

const HOSTS: Readonly<Record<Place, string>> = {
  listed: 'shop.localhost',
  'listed as well': 'partner.localhost',
  'not listed': 'stranger.localhost',
};

export function originOf(place: Place, port: number): string {
  return `http://${HOSTS[place]}:${port}`;
}

interface CookieSetup {
  readonly name: string;
  readonly sameSite: 'lax' | 'none';
  readonly corsHeaders: (origin: string, listed: readonly string[]) => Readonly<Record<string, string>>;
}

const METHODS = { 'access-control-allow-methods': 'GET, POST, DELETE' };
const withCredentials = (origin: string): Readonly<Record<string, string>> => ({
  ...METHODS,
  'access-control-allow-origin': origin,
  'access-control-allow-credentials': 'true',
  vary: 'Origin',
});

/** From what suffices for tokens to what it takes for cookies. */
export const COOKIE_SETUPS: readonly CookieSetup[] = [
  {
    name: 'any origin (*), SameSite=None',
    sameSite: 'none',
    corsHeaders: () => ({ ...METHODS, 'access-control-allow-origin': '*' }),
  },
  {
    name: 'listed origins with credentials, SameSite=Lax',
    sameSite: 'lax',
    corsHeaders: (origin, listed) => (listed.includes(origin) ? withCredentials(origin) : {}),
  },
  {
    name: 'listed origins with credentials, SameSite=None',
    sameSite: 'none',
    corsHeaders: (origin, listed) => (listed.includes(origin) ? withCredentials(origin) : {}),
  },
  {
    name: 'every origin reflected with credentials, SameSite=None',
    sameSite: 'none',
    corsHeaders: withCredentials,
  },
];
