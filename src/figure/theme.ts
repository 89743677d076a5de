import { fontFamily } from './fonts.ts';

const ink = '#222222';
const quiet = '#555555';

/** Okabe and Ito's colours (2008), told apart with any kind of colour vision; black and yellow left out. */
const colours = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9'];

/** Shapes beside the colours, so that groups are told apart in grey too. */
const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'];

/**
 * The look of figures, as Vega-Lite `config`: text of at least 13 pixels, which is still read when a figure is shown
 * at half its size; no label cut off.
 */
export const theme = {
  background: 'white',
  padding: 14,
  font: fontFamily,
  view: {
    stroke: null,
    continuousWidth: 640,
    continuousHeight: 400,
    discreteWidth: { step: 34 },
    discreteHeight: { step: 34 },
  },
  title: {
    anchor: 'start',
    frame: 'group',
    fontSize: 18,
    subtitleFontSize: 14,
    subtitleColor: quiet,
    subtitlePadding: 5,
    color: ink,
    offset: 16,
  },
  axis: {
    labelFontSize: 14,
    titleFontSize: 14,
    titleFontWeight: 'normal',
    titlePadding: 12,
    labelPadding: 6,
    labelLimit: 0,
    labelFlush: false,
    // Vega leaves labels out where they overlap, and this is as near as they may come.
    labelSeparation: 10,
    labelColor: ink,
    titleColor: ink,
    gridColor: '#E4E4E4',
    domainColor: '#888888',
    tickColor: '#888888',
  },
  axisBand: { grid: false, ticks: false },
  legend: {
    labelFontSize: 14,
    titleFontSize: 14,
    titleFontWeight: 'normal',
    labelLimit: 0,
    titleLimit: 0,
    symbolSize: 130,
    symbolStrokeWidth: 1.5,
    labelColor: ink,
    titleColor: ink,
    rowPadding: 6,
  },
  header: { labelFontSize: 14, titleFontSize: 14, labelLimit: 0 },
  range: { category: colours, symbol: shapes },
  bar: { color: colours[0], discreteBandSize: { band: 0.72 } },
  point: { color: colours[0], filled: true, size: 110, opacity: 0.95, stroke: 'white', strokeWidth: 0.8 },
  line: { color: colours[0], strokeWidth: 2 },
  rule: { color: ink },
  errorbar: { ticks: { color: ink, size: 12 }, rule: { color: ink } },
  text: { fontSize: 13, color: ink },
  style: {
    /** Text marks of this style are moved so that they cover neither points nor each other. */
    'point-label': { fontSize: 13, fill: ink, align: 'left', baseline: 'middle', dx: 9 },
  },
} as const;
