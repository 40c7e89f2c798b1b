/** Draws the picture of the tour: `node apps/demo/assets/draw-picture.ts` writes roomkey.jpg beside this file. */
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const WIDTH = 1_600;
const HEIGHT = 1_066;
const FLOORS = 6;
const COLUMNS = 7;
/** Floor and column of the guests who are still awake. */
const LIT = new Set(['4:2', '1:5', '3:6', '5:0']);

function windows(): string {
  const panes: string[] = [];
  for (let floor = 0; floor < FLOORS; floor += 1) {
    for (let column = 0; column < COLUMNS; column += 1) {
      const x = 470 + column * 96;
      const y = 250 + floor * 104;
      const isLit = LIT.has(`${floor}:${column}`);
      panes.push(
        `<rect x="${x}" y="${y}" width="56" height="70" rx="6" fill="${isLit ? '#ffd98a' : '#27324f'}"/>`,
      );
      if (isLit) panes.push(`<circle cx="${x + 28}" cy="${y + 35}" r="90" fill="url(#glow)"/>`);
    }
  }
  return panes.join('');
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">
  <defs>
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="#0d1330"/><stop offset="0.65" stop-color="#3b3a6b"/><stop offset="1" stop-color="#d9836b"/>
    </linearGradient>
    <linearGradient id="wall" x1="0" y1="0" x2="1" y2="1">
      <stop offset="0" stop-color="#46527e"/><stop offset="1" stop-color="#2c3558"/>
    </linearGradient>
    <radialGradient id="glow"><stop offset="0" stop-color="#ffd98a" stop-opacity="0.35"/><stop offset="1" stop-color="#ffd98a" stop-opacity="0"/></radialGradient>
    <radialGradient id="moon"><stop offset="0" stop-color="#fffbe8"/><stop offset="0.9" stop-color="#f3e6b8"/><stop offset="1" stop-color="#e9d69a"/></radialGradient>
  </defs>
  <rect width="${WIDTH}" height="${HEIGHT}" fill="url(#sky)"/>
  <circle cx="1330" cy="190" r="80" fill="url(#moon)"/>
  <path d="M0 830 Q 260 640 520 800 T 1040 770 T 1600 720 V 1066 H 0 Z" fill="#1c2340"/>
  <path d="M430 1000 V 220 L 790 120 L 1150 220 V 1000 Z" fill="url(#wall)"/>
  ${windows()}
  <path d="M740 1000 V 912 Q 790 872 840 912 V 1000 Z" fill="#ffe7b0"/>
  <path d="M0 980 Q 800 900 1600 980 V 1066 H 0 Z" fill="#10152b"/>
  <g fill="none" stroke="#ffd98a" stroke-width="26" stroke-linecap="round">
    <circle cx="180" cy="250" r="74"/><path d="M254 250 H 400 M 350 250 V 304 M 396 250 V 290"/>
  </g>
</svg>`;

await sharp(Buffer.from(svg))
  .withExif({
    IFD0: {
      Make: 'Roomkey',
      Model: 'Night porter',
      ImageDescription: 'A hotel at night',
      Artist: 'The Roomkey authors',
    },
    IFD2: { DateTimeOriginal: '2026:11:21 22:10:00', UserComment: 'Room 24, third floor' },
    IFD3: {
      GPSLatitudeRef: 'N',
      GPSLatitude: '46/1 29/1 4812/100',
      GPSLongitudeRef: 'E',
      GPSLongitude: '11/1 20/1 3015/100',
      GPSAltitudeRef: '0',
      GPSAltitude: '262/1',
    },
  })
  .jpeg({ quality: 82, chromaSubsampling: '4:2:0', mozjpeg: true })
  .toFile(fileURLToPath(new URL('roomkey.jpg', import.meta.url)));
