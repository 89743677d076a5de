import { FORM, type ReportIndex } from '../form.ts';
import { PageTable } from './blocks.ts';
import { el, part } from './dom.ts';
import { Grid, type GridState } from './grid.ts';
import { openDetailsOf, showLabels } from './reading.ts';
import { RowView } from './row-view.ts';
import { TokenStore } from './token-store.ts';

/** The page of a report: what is there as markup comes to life; without it all of it can be read. */
function start(): void {
  document.documentElement.classList.add('live');
  showLabels();
  openDetailsOf();
  const index = JSON.parse(part(document, '#index').textContent) as ReportIndex;
  if ((index.format as string) !== FORM) return;
  const tokens = new TokenStore(index.tokens);
  void tokens.fill();
  const grids = new Map<string, () => Promise<Grid>>();
  for (const about of index.tables) {
    const section = document.querySelector<HTMLElement>(`.table[data-stage="${CSS.escape(about.stage)}"]`);
    if (section !== null) grids.set(about.stage, gridOnce(section, new PageTable(about), tokens));
  }
  for (const [stage, grid] of grids) {
    const details = document.getElementById(`stage-${stage}`);
    details?.addEventListener('toggle', () => {
      if (details instanceof HTMLDetailsElement && details.open) void grid();
    });
    if (details instanceof HTMLDetailsElement && details.open) void grid();
  }
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
    const search = [...document.querySelectorAll<HTMLInputElement>('input[type=search]')];
    const seen = search.find(
      (input) => input.offsetParent !== null && input.getBoundingClientRect().bottom > 0,
    );
    if (seen === undefined) return;
    event.preventDefault();
    seen.focus();
  });
  void restore(grids);
}

/** The grid of a section, made when it is first opened. */
function gridOnce(section: HTMLElement, table: PageTable, tokens: TokenStore): () => Promise<Grid> {
  let made: Promise<Grid> | undefined;
  let view: RowView | undefined;
  const open = (row: number, grid: Grid): void => {
    view ??= new RowView(grid, tokens);
    if (!view.element.isConnected) section.append(view.element);
    const shown = view;
    void shown.show(row).then(() => {
      shown.element.focus({ preventScroll: true });
      shown.element.scrollIntoView({ block: 'nearest' });
      remember(table.about.stage, grid.state, row);
    });
  };
  return () =>
    (made ??= (async () => {
      const grid = new Grid(section, table, open);
      const wanted = wantedOf(table.about.stage);
      await grid.start(wanted);
      if (wanted?.row !== undefined) open(wanted.row, grid);
      section.addEventListener('grid-change', () =>
        remember(table.about.stage, grid.state, view?.element.isConnected === true ? view.row : undefined),
      );
      return grid;
    })());
}

/** Every view is a link: `#stage-scores?sort=-target_log_prob&q=format:chat&row=3`. */
function remember(stage: string, { query, sort }: GridState, row?: number): void {
  const given = new URLSearchParams();
  if (sort !== '') given.set('sort', sort);
  if (query !== '') given.set('q', query);
  if (row !== undefined) given.set('row', String(row + 1));
  const text = given.toString();
  const hash = `#stage-${encodeURIComponent(stage)}${text === '' ? '' : `?${text}`}`;
  if (location.hash.split('?')[0] !== hash.split('?')[0] && text === '') return;
  history.replaceState(null, '', hash);
}

function wantedOf(stage: string): (Partial<GridState> & { readonly row?: number }) | undefined {
  const [target = '', given = ''] = location.hash.slice(1).split('?');
  if (decodeURIComponent(target) !== `stage-${stage}`) return undefined;
  const values = new URLSearchParams(given);
  const row = Number(values.get('row'));
  return {
    query: values.get('q') ?? '',
    sort: values.get('sort') ?? '',
    ...(row >= 1 && { row: row - 1 }),
  };
}

async function restore(grids: ReadonlyMap<string, () => Promise<Grid>>): Promise<void> {
  const target = decodeURIComponent(location.hash.slice(1).split('?')[0] ?? '');
  const stage = target.replace(/^stage-/, '');
  if (target === '' || !grids.has(stage)) return;
  const details = document.getElementById(target);
  if (details instanceof HTMLDetailsElement) details.open = true;
  await grids.get(stage)?.();
  details?.scrollIntoView({ behavior: 'instant' });
}

try {
  start();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  part(document, 'main').prepend(
    el('p', { class: 'warning' }, `This page is damaged in part (${message}); what is below can be read.`),
  );
}
