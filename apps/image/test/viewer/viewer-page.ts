import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const LIBRARY = fileURLToPath(import.meta.resolve('openseadragon/build/openseadragon/openseadragon.min.js'));
/** OpenSeadragon as anybody would put it into a page; the options come from the test. */
const PAGE = `<!doctype html>
<title>Viewer</title>
<style>html, body, #viewer { margin: 0; width: 100%; height: 100%; background: black }</style>
<div id="viewer"></div>
<script src="/openseadragon.js"></script>
<script>
  globalThis.show = (options) => new Promise((shown, failed) => {
    const viewer = (globalThis.viewer = OpenSeadragon({
      id: 'viewer', showNavigationControl: false, animationTime: 0, immediateRender: true,
      crossOriginPolicy: 'Anonymous', drawer: 'canvas', ...options,
    }));
    viewer.addHandler('open-failed', ({ message }) => failed(new Error(message)));
    viewer.addHandler('open', () => {
      const item = viewer.world.getItemAt(0);
      const check = () => { if (item.getFullyLoaded()) shown(); };
      item.addHandler('fully-loaded-change', check);
      check();
    });
  });
</script>`;

/** Serves the page of a viewer, from an origin of its own. */
export async function openViewerPage() {
  const library = await readFile(LIBRARY);
  const server = createServer((request, response) => {
    if (request.url === '/openseadragon.js')
      response.setHeader('content-type', 'text/javascript').end(library);
    else if (request.url === '/') response.setHeader('content-type', 'text/html').end(PAGE);
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
