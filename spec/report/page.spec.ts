import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { writeReport } from '../../src/report/write-report.ts';
import type { TokenTree } from '../../src/engine/token-tree.ts';
import type { Row } from '../../src/table/table.ts';
import { openChromium } from '../support/chromium.ts';
import { collectedRun, plainWords, ranStage } from '../support/collected-run.ts';

const hostile = '</script><img src=x onerror="window.hacked=1"> \u202Eabc\u202C \u001b[2J <!--<script>';

const rows: readonly Row[] = Array.from({ length: 300 }, (_, i) => ({
  item: i + 1,
  format: ['chat', 'plain', 'json'][i % 3]!,
  log_prob: i === 7 ? null : i === 8 ? -Infinity : -((i * 7919) % 300) / 10,
  said: i === 0 ? hostile : `answer ${i}`,
  tokens: [i, i + 1],
}));

/** `Q2: yes` as four tokens, of which the last two spell one character; the first has nothing before it. */
const tokenTree: TokenTree = {
  top: 2,
  bytes: new Map([
    [1, Buffer.from('Q2:')],
    [2, Buffer.from(' yes')],
    [3, Buffer.from('</script>')],
    [4, Uint8Array.of(0xc3)],
    [5, Uint8Array.of(0xa9)],
  ]),
  texts: [
    { key: { item: 2 }, prompt: 'Q2:', target: ' yes', leaf: 1, starts: [0, 3], from: 1, merged: false },
    {
      key: { item: 3 },
      prompt: 'Q2:é',
      target: ' yes',
      leaf: 4,
      starts: [0, 3, 4, 5],
      from: 3,
      merged: false,
    },
  ],
  nodes: {
    parents: Int32Array.of(-1, 0, 0, 2, 3),
    ids: Int32Array.of(1, 2, 4, 5, 2),
    logProbs: Float32Array.of(NaN, Math.log(0.01), Math.log(0.6), 0, Math.log(0.5)),
    ranks: Int32Array.of(0, 3, 1, 1, 1),
    entropies: Float32Array.of(NaN, 1, 2, 3, 4),
    topIds: Int32Array.of(1, 1, 3, 1, 4, 3, 5, 3, 2, 3),
    topLogProbs: Float32Array.of(NaN, NaN, Math.log(0.7), Math.log(0.2), -1, -2, 0, -9, -1, -2),
  },
};

const run = collectedRun(
  [
    {
      ...ranStage('scores', 'score'),
      table: {
        key: ['item'],
        columns: [
          { name: 'item', type: 'integer' },
          { name: 'format', type: 'string' },
          { name: 'log_prob', type: 'number', unit: 'nats' },
          { name: 'said', type: 'string' },
          { name: 'tokens', type: 'json' },
        ],
        rows,
      },
      tokens: tokenTree,
      prompts: rows.map((row, i) => ({
        prompt: i === 0 ? hostile : `Q${String(row['item'])}:`,
        targets: [' yes'],
      })),
    },
    {
      ...ranStage('ranking', 'aggregate', { rows: 'scores' }),
      table: {
        key: ['format'],
        columns: [
          { name: 'format', type: 'string' },
          { name: 'mean', type: 'number', unit: 'nats' },
          { name: 'ci95_low', type: 'number', unit: 'nats' },
          { name: 'ci95_high', type: 'number', unit: 'nats' },
        ],
        rows: [
          { format: 'chat', mean: -1, ci95_low: -2, ci95_high: -0.5 },
          { format: hostile, mean: -3, ci95_low: null, ci95_high: null },
        ],
      },
    },
  ],
  { texts: [{ stage: ranStage('findings', 'findings'), text: `# Found\n\n- **bold** ${hostile}` }] },
);

describe('the page of a report', function () {
  this.timeout(60_000);
  let browser: Browser | undefined;
  let folder = '';
  let page: Page;
  let heard: string[];
  let asked: string[];

  before(async function () {
    browser = await openChromium(this);
    folder = mkdtempSync(join(tmpdir(), 'assay-report-'));
    writeReport(join(folder, 'report.html'), run, plainWords);
  });

  after(async () => {
    await browser?.close();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  async function open(hash = '', scheme: 'light' | 'dark' = 'light', width = 1200): Promise<void> {
    page = await browser!.newPage({ colorScheme: scheme, viewport: { width, height: 900 } });
    [heard, asked] = [[], []];
    page.on('console', (message) => heard.push(message.text()));
    page.on('pageerror', (error) => heard.push(error.message));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${pathToFileURL(join(folder, 'report.html')).href}${hash}`);
  }

  afterEach(async () => {
    await page.close();
    expect(heard, 'console').to.deep.equal([]);
    expect(
      asked.filter((url) => !url.includes('report.html')),
      'requests',
    ).to.deep.equal([]);
  });

  const cells = (column: number): Promise<string[]> =>
    page.locator(`#stage-scores tbody tr[data-at] td:nth-child(${column})`).allTextContents();
  const status = (text: string): Promise<void> =>
    page.locator('#stage-scores .status', { hasText: text }).waitFor();

  it('lets hostile texts be texts', async () => {
    await open('#stage-scores?row=1');
    await page.locator('.row-view .prompt').waitFor();
    expect(await page.evaluate('window.hacked')).to.equal(undefined);
    expect(await page.locator('img').count()).to.equal(0);
    const shown = await page.locator('.row-view .prompt').textContent();
    expect(shown).to.contain('</script><img src=x onerror="window.hacked=1"> RLOabcPDF ESC[2J <!--<script>');
    expect(await page.locator('.findings').textContent()).to.contain('</script><img src=x');
  });

  it('sorts by a click, missing values last either way', async () => {
    await open('#stage-scores');
    await status('300 rows');
    const head = page.locator('#stage-scores th[data-column=log_prob] button');
    await head.click();
    expect((await cells(3)).slice(0, 2)).to.deep.equal(['−0', '−0.1000']);
    expect(await page.locator('#stage-scores th[data-column=log_prob]').getAttribute('aria-sort')).to.equal(
      'descending',
    );
    await head.click();
    expect((await cells(3)).slice(0, 2)).to.deep.equal(['−∞', '−29.90']);
    await page.evaluate(`document.querySelector('#stage-scores .grid').scrollTo(0, 1e6)`);
    await page.locator('#stage-scores tr[data-at="299"]').waitFor();
    expect((await cells(3)).at(-1)).to.equal('none');
  });

  it('filters by words, columns and numbers, and says what is no column', async () => {
    await open('#stage-scores');
    await status('300 rows');
    const search = page.locator('#stage-scores input[type=search]');
    await search.fill('format:=json log_prob:<-20');
    const meant = rows.filter(
      ({ format, log_prob: p }) => format === 'json' && typeof p === 'number' && p < -20,
    );
    await status(`${meant.length} of 300 rows`);
    await search.fill('-format:chat answer');
    await status('200 of 300 rows');
    await search.fill('no_column:3');
    await status('there is no column no_column');
    expect(page.url()).to.contain('#stage-scores');
  });

  it('is worked by keyboard alone, and gives the focus back', async () => {
    await open('#stage-scores');
    await status('300 rows');
    await page.keyboard.press('/');
    await page.keyboard.type('format:plain');
    await status('100 of 300 rows');
    await page.locator('#stage-scores tr[data-at="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.row-view h4', { hasText: /^5$/ }).waitFor();
    await page.keyboard.press(']');
    await page.locator('.row-view h4', { hasText: /^8$/ }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement.dataset.row')).to.equal('7');
  });

  it('gives a table as CSV with exact numbers', async () => {
    await open('#stage-scores?q=format:chat&sort=item');
    await status('100 of 300 rows');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV of all' }).first().click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8').split('\r\n');
    expect(lines[0]).to.equal('item,format,log_prob,said,tokens');
    expect(lines[2]).to.equal('2,plain,-11.9,answer 1,"[1,2]"');
    expect(lines).to.have.length(302);
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`has nothing that axe calls serious, ${scheme}`, async () => {
      await open('#stage-scores?row=2', scheme);
      await page.locator('.row-view').waitFor();
      const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      await page.evaluate(source);
      const { violations } = await page.evaluate<{
        violations: { id: string; impact: string; nodes: { html: string }[] }[];
      }>('axe.run()');
      const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).to.deep.equal([]);
    });
  }

  it('shows a text token by token, what the model expected, and how another text differs', async () => {
    await open('#stage-scores?row=2');
    const view = page.locator('.row-view .tokens');
    const detail = view.locator('.token-detail');
    await detail.getByText('token 2 of 2').waitFor();
    expect(await detail.textContent()).to.contain('4.605 nats, p 1 %, rank 3, entropy 1 nats');
    expect(await detail.locator('li').allTextContents()).to.deep.equal([
      '</script>70 %',
      'Q2:20 %',
      '·yes1 %◀rank 3',
    ]);
    expect(await view.locator('.tok.target').getAttribute('class')).to.contain('s3');
    await view.locator('.strip').focus();
    await page.keyboard.press('ArrowLeft');
    await detail.getByText('none: it is the first token').waitFor();
    expect(await view.locator('[aria-selected=true]').getAttribute('aria-label')).to.contain(
      'token 1 of 2, Q2:',
    );
    await view.getByLabel('Compare with').selectOption({ index: 1 });
    expect(await view.locator('.joined .glyph').textContent()).to.equal('é');
    expect(await view.locator('.tok.gone').allTextContents()).to.deep.equal(['C3', 'A9']);
    expect(await view.locator('.tok.target').last().getAttribute('class')).to.contain('d3');
  });

  it('is not wider than a phone', async () => {
    await open('#stage-scores?row=2', 'light', 480);
    await page.locator('.row-view').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(480);
  });

  it('is read without JavaScript', async () => {
    await open();
    const plain = await browser!.newPage({ javaScriptEnabled: false });
    await plain.goto(pathToFileURL(join(folder, 'report.html')).href);
    await plain.locator('#stage-scores summary').first().click();
    expect(await plain.locator('#stage-scores tbody tr').count()).to.equal(50);
    expect(await plain.locator('#stage-scores .static-note').textContent()).to.contain(
      'The first 50 of 300 rows.',
    );
    expect(await plain.locator('#rankings').textContent()).to.contain('95 % interval');
    await plain.close();
  });
});
