import { parse, View } from 'vega';
import { compile, type Config } from 'vega-lite';
import type { Plot } from '../plots.ts';

const CONFIG: Config = {
  background: 'white',
  font: 'system-ui, sans-serif',
  axis: { labelLimit: 360, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal' },
  legend: { labelFontSize: 12, labelLimit: 320 },
  range: {
    category: ['#1f6f8b', '#d1603d', '#8a9a5b', '#7b5ea7', '#c9a227', '#5b5b5b', '#b5446e', '#2a9d8f'],
  },
};

/** The picture as SVG text, made without a browser. */
export function plotToSvg({ spec }: Plot): Promise<string> {
  const view = new View(parse(compile(spec, { config: CONFIG }).spec), { renderer: 'none' });
  return view.toSVG();
}
