/** The page of the service: signs in, and writes when its button is pressed. A card is kept in a closure and nowhere else. */
export const GUEST_PAGE = `<!doctype html><title>guest</title><button>write</button><script>
{
  let card, last;
  const headers = () => (card === undefined ? {} : { authorization: 'Bearer ' + card });
  const write = async () => {
    const answer = await fetch('/documents', { method: 'POST', headers: headers() });
    return (last = (await answer.json()).written);
  };
  document.querySelector('button').onclick = () => { globalThis.pressed = write(); };
  globalThis.app = {
    write,
    async signIn(given) {
      card = given ?? undefined;
      if (card !== undefined) return true;
      const body = JSON.stringify({ name: 'guest', password: 'x' });
      const answer = await fetch('/sessions', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return answer.ok;
    },
  };
}
</script>`;

/** A page of somebody else: it does what its query says to the address that its query says. */
export const ATTACKER_PAGE = `<!doctype html><title>you have won</title><script>
const query = new URLSearchParams(location.search);
const target = query.get('target');
const postForm = (frame) => {
  const form = document.createElement('form');
  Object.assign(form, { method: 'POST', action: target, enctype: 'text/plain', target: frame ?? '_self' });
  form.append(Object.assign(document.createElement('input'), { name: 'a', value: 'b' }));
  document.body.append(form);
  form.submit();
};
const attacks = {
  form: () => postForm(),
  'hidden frame'() {
    const frame = Object.assign(document.createElement('iframe'), { name: 'hidden', hidden: true });
    document.body.append(frame);
    frame.onload = () => { globalThis.done = true; };
    postForm('hidden');
  },
  async fetch() {
    const options = { method: 'POST', mode: 'no-cors', credentials: 'include', body: 'a=b' };
    await fetch(target, options).catch(() => undefined);
    globalThis.done = true;
  },
};
addEventListener('load', () => attacks[query.get('attack')]());
</script><body>You have won!</body>`;
