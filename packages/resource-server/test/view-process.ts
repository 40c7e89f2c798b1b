import { argv, stdout } from 'node:process';
import { openIssuerView } from '../src/index.ts';

/** Opens a view, says so, closes it, and has nothing more to do: whether the process then ends is what a test wants to see. */
const [, , origin = ''] = argv;
const view = await openIssuerView({
  issuer: 'http://desk.test',
  jwksUrl: `${origin}/jwks.json`,
  statusListsUrl: `${origin}/lists`,
  eventsUrl: `${origin}/events`,
  timeoutMs: 600_000,
});
stdout.write(`${view.ageMs() < 60_000 ? 'seen' : 'not seen'}\n`);
void view.refresh();
void view.refresh();
view.close();
