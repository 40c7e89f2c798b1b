/**
 * Parts with dots between, the first of which holds the beginning of a token. It is looked for from the beginning of a part alone,
 * and no part is gone through twice: a path is as long as headers may be.
 */
const TOKEN = /(?<![\w-])(?=[\w-]*?eyJ[\w-]{8})(?=([\w-]+))\1\.[\w-]+\.[\w-]*/g;

/** The path of a request as a log may hold it: without its query, which may be a signature, and without tokens. */
export function loggedPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path.includes('eyJ') ? path.replaceAll(TOKEN, '[token]') : path;
}
