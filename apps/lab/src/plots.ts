import type { TopLevelSpec } from 'vega-lite';

type Scale = { readonly type: 'log' } | { readonly zero: true };

/** A picture of figures, as a Vega-Lite specification with its data in it. */
export interface Plot {
  readonly title: string;
  /** What is to be seen, and how to read it. */
  readonly caption: string;
  readonly spec: TopLevelSpec;
}

export interface Axis {
  readonly title: string;
  readonly scale?: 'linear' | 'log';
}

/** A measured value with the quartiles of its rounds, where there are some. */
export interface Bar {
  readonly label: string;
  /** What is compared: gives the colour. */
  readonly side: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Point {
  readonly series: string;
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

const WIDTH = 480;
/** Off: labels are as long as they are. */
const LABEL_LIMIT = 0;
/** Of a letter of an axis label: without a browser nobody can measure text, and Vega takes it to be half as wide again. */
const LETTER_WIDTH = 6.6;
const PADDING = { top: 34, right: 70, bottom: 44 };
const BAR_STEP = 26;
const LINE_HEIGHT = 300;
/** With so few measured places the axis names each. */
const MOST_TICKS = 8;

/** Horizontal bars, one a label, in the order given; a thin line shows the quartiles. */
export function bars(
  title: string,
  caption: string,
  { value, rows }: { readonly value: Axis; readonly rows: readonly Bar[] },
): Plot {
  const isLog = value.scale === 'log';
  const scale: Scale = isLog ? { type: 'log' } : { zero: true };
  const y = {
    field: 'label',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { labelLimit: LABEL_LIMIT },
  } as const;
  const x = {
    field: 'value',
    type: 'quantitative',
    title: value.title,
    scale,
  } as const;
  const colour = {
    field: 'side',
    type: 'nominal',
    title: null,
    scale: { domain: oursFirst(rows.map(({ side }) => side)) },
    legend: { orient: 'top' },
  } as const;
  const whiskers = {
    mark: { type: 'rule', strokeWidth: 1.5, color: '#333' },
    encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' } },
  } as const;
  return {
    title,
    caption,
    spec: {
      data: { values: [...rows] },
      width: WIDTH,
      height: { step: BAR_STEP },
      autosize: { type: 'none' },
      padding: { ...PADDING, left: Math.max(...rows.map(({ label }) => label.length)) * LETTER_WIDTH + 14 },
      layer: [
        // On a logarithmic axis a bar has no honest beginning: a point has.
        isLog
          ? { mark: { type: 'point', filled: true, size: 90 }, encoding: { y, x, color: colour } }
          : { mark: 'bar', encoding: { y, x, color: colour } },
        { transform: [{ filter: 'isValid(datum.low)' }], ...whiskers },
        {
          transform: [{ calculate: 'isValid(datum.high) ? datum.high : datum.value', as: 'end' }],
          mark: { type: 'text', align: 'left', dx: 7, color: '#333' },
          encoding: { y, x: { ...x, field: 'end' }, text: { field: 'value', format: ',.3~r' } },
        },
      ],
    },
  };
}

/** Lines over a quantity, with a band between the quartiles. */
export function lines(
  title: string,
  caption: string,
  { x, y, points }: { readonly x: Axis; readonly y: Axis; readonly points: readonly Point[] },
): Plot {
  const places = [...new Set(points.map((point) => point.x))];
  const encoding = {
    x: {
      field: 'x',
      type: 'quantitative',
      title: x.title,
      scale: { type: x.scale ?? 'linear' },
      axis: { format: '~g', ...(places.length <= MOST_TICKS && { values: places }) },
    },
    color: {
      field: 'series',
      type: 'nominal',
      title: null,
      scale: { domain: oursFirst(points.map(({ series }) => series)) },
      // Of the line, not of the pale band.
      legend: { orient: 'top', columns: 3, symbolOpacity: 1 },
    },
  } as const;
  const scale = { type: y.scale ?? 'linear' };
  return {
    title,
    caption,
    spec: {
      data: { values: [...points] },
      width: WIDTH,
      height: LINE_HEIGHT,
      encoding,
      layer: [
        {
          transform: [{ filter: 'isValid(datum.low)' }],
          mark: { type: 'area', opacity: 0.2 },
          encoding: {
            y: { field: 'low', type: 'quantitative', title: y.title, scale },
            y2: { field: 'high' },
          },
        },
        {
          mark: { type: 'line', point: true },
          encoding: { y: { field: 'y', type: 'quantitative', title: y.title, scale } },
        },
      ],
    },
  };
}

/** Each once, ours before the others: it has the same colour in every picture. */
function oursFirst(names: readonly string[]): string[] {
  const isOurs = (name: string): boolean => /^our|token/.test(name);
  const each = [...new Set(names)];
  return [...each.filter(isOurs), ...each.filter((name) => !isOurs(name))];
}
