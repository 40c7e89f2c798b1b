import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolveIiifRequest } from '../../src/domain/iiif-geometry.ts';
import { parseIiifRequest } from '../../src/domain/iiif-request.ts';

const LIMITS = { maxSide: 4_096, maxArea: 8_500_000 };

function resolve(path: string, image = { width: 300, height: 200 }, limits = LIMITS) {
  const [region = '', size = '', rotation = '', file = ''] = path.split('/');
  const parsed = parseIiifRequest({ region, size, rotation, file });
  return 'fault' in parsed ? parsed : resolveIiifRequest(parsed, image, limits);
}

// IIIF Image API 3.0 §4.8
test.each([
  ['full/max/0/default.jpg', 'full/max/0/default.jpg'],
  ['full/300,/0/default.jpg', 'full/max/0/default.jpg'],
  ['full/300,200/0/color.jpg', 'full/max/0/default.jpg'],
  ['0,0,300,200/max/0/default.jpg', 'full/max/0/default.jpg'],
  ['0,0,999,999/max/360/default.jpg', 'full/max/0/default.jpg'],
  ['pct:0,0,100,100/pct:100/0/default.jpg', 'full/max/0/default.jpg'],
  ['full/150,/0/default.jpg', 'full/150,100/0/default.jpg'],
  ['full/,100/0/default.jpg', 'full/150,100/0/default.jpg'],
  ['full/!150,150/0/default.jpg', 'full/150,100/0/default.jpg'],
  ['full/pct:50/0/default.jpg', 'full/150,100/0/default.jpg'],
  ['full/pct:50.0/!90/gray.png', 'full/150,100/!90/gray.png'],
  ['square/max/0/default.jpg', '50,0,200,200/max/0/default.jpg'],
  ['pct:10,10,.5,50/max/0/default.jpg', '30,20,2,100/max/0/default.jpg'],
  ['250,150,100,100/max/0/default.jpg', '250,150,50,50/max/0/default.jpg'],
  ['full/^600,/0/default.jpg', 'full/^600,400/0/default.jpg'],
  ['full/^150,/0/default.jpg', 'full/150,100/0/default.jpg'],
  ['full/^max/0/default.jpg', 'full/^max/0/default.jpg'],
  ['full/^3570,2380/0/default.jpg', 'full/^max/0/default.jpg'],
  ['full/^300,/0/default.jpg', 'full/max/0/default.jpg'],
])('%s is spelled %s', (path, canonicalPath) => {
  expect(resolve(path)).toMatchObject({ canonicalPath });
});

const amount = fc.oneof(fc.nat(20), fc.nat(6_000), fc.nat(999_999_999));
const decimal = fc.double({ min: 0, max: 120, noNaN: true }).map((value) => value.toFixed(3));
const region = fc.oneof(
  fc.constantFrom('full', 'square'),
  fc.tuple(amount, amount, amount, amount).map((numbers) => numbers.join(',')),
  fc.tuple(decimal, decimal, decimal, decimal).map((numbers) => `pct:${numbers.join(',')}`),
);
const size = fc
  .tuple(
    fc.constantFrom('', '^'),
    fc.oneof(
      fc.constant('max'),
      amount.map((width) => `${width},`),
      amount.map((height) => `,${height}`),
      fc.tuple(amount, amount).map((numbers) => numbers.join(',')),
      fc.tuple(amount, amount).map((numbers) => `!${numbers.join(',')}`),
      decimal.map((percent) => `pct:${percent}`),
    ),
  )
  .map((parts) => parts.join(''));
const side = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 60_000 }));
const requests = fc.record({ region, size, image: fc.record({ width: side, height: side }) });

test('whatever is asked for, what is made lies within the image and the limits', () => {
  fc.assert(
    fc.property(requests, (wanted) => {
      const resolved = resolve(`${wanted.region}/${wanted.size}/0/default.jpg`, wanted.image);
      if ('fault' in resolved) return;
      const { region: cut, width, height } = resolved.derivation;
      const whole = { left: 0, top: 0, ...wanted.image };
      const { left, top, ...cutSize } = cut === 'full' ? whole : cut;
      for (const value of [left, top, width, height]) expect(Number.isSafeInteger(value)).toBe(true);
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(Math.min(cutSize.width, cutSize.height, width, height)).toBeGreaterThanOrEqual(1);
      expect(left + cutSize.width).toBeLessThanOrEqual(wanted.image.width);
      expect(top + cutSize.height).toBeLessThanOrEqual(wanted.image.height);
      expect(Math.max(width, height)).toBeLessThanOrEqual(LIMITS.maxSide);
      expect(width * height).toBeLessThanOrEqual(LIMITS.maxArea);
      const growth = wanted.size.startsWith('^') ? Infinity : 1;
      expect(width).toBeLessThanOrEqual(cutSize.width * growth);
      expect(height).toBeLessThanOrEqual(cutSize.height * growth);
    }),
    { numRuns: 2_000 },
  );
});

test('the canonical spelling is a request for the same thing, and spelled like itself', () => {
  fc.assert(
    fc.property(requests, (wanted) => {
      const resolved = resolve(`${wanted.region}/${wanted.size}/!180/gray.webp`, wanted.image);
      if ('fault' in resolved) return;
      expect(resolve(resolved.canonicalPath, wanted.image)).toEqual(resolved);
    }),
    { numRuns: 2_000 },
  );
});
