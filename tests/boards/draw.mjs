// Draws boards: node draw.mjs [BOARD…]. See `draw`, which calls this and says what the variables mean.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium } from 'playwright-core';

import { bundle, serve } from './bundle.mjs';
import { faults, isEmpty, unlabelled } from './judge.mjs';
import { ask, panelsOf } from './queries.mjs';
import { tell } from './story.mjs';

const root = resolve(import.meta.dirname, '../..');
const dashboards = process.env.DASHBOARDS ?? join(root, 'dashboards');
const pictures = process.env.PICTURES ?? join(root, 'target/boards');
const scrape = Number(process.env.SCRAPE ?? 5);
const range = Number(process.env.RANGE ?? 600);
const WIDTH = 1600;
/** The picture that the README shows: as wide as that of the page, and what one sees without scrolling. */
const README = { board: 'overview', width: 1280, rows: 26, picture: join(root, 'docs/images/overview-light.png') };
/** Of Grafana's grid, in pixels; all of a board is in the window, since tables draw only what is seen. */
const [ROW, HEADER] = [38, 56];
/** What is drawn on canvas is drawn a moment later (ms). */
const SETTLED = 300;
/** How long a busy machine may take for anything (ms). */
const PATIENCE = 120_000;

const chosen = process.argv.slice(2);
const all = readdirSync(dashboards).map((file) => basename(file, '.json')).sort();
const strange = chosen.find((name) => !all.includes(name));
if (strange) throw new Error(`there is no board \`${strange}\`, but ${all.join(', ')}`);
const names = chosen.length ? chosen : all;

mkdirSync(pictures, { recursive: true });
const bundled = join(root, 'target/boards-bundle');
await bundle(bundled);
const page = await serve(bundled);
let browser;
let wrong = 0;
try {
  let prometheus = process.env.PROMETHEUS;
  if (!prometheus) {
    prometheus = await tell({ exporter: process.env.OKTA_EXPORTER, rules: join(root, 'config/prometheus'), scrape });
    console.log(`the demo tells its story to ${prometheus} for ${range} s`);
    await sleep(range * 1000);
  }
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  const tab = await open();
  const shown = {};
  for (const name of names) {
    const board = JSON.parse(readFileSync(join(dashboards, `${name}.json`), 'utf8'));
    const to = Math.floor(Date.now() / 1000);
    const answers = await ask(prometheus, board, { to, range, scrape, width: WIDTH });
    for (const mode of ['light', 'dark']) {
      const picture = join(pictures, `${name}-${mode}.png`);
      shown[name] = await draw(tab, board, answers, { mode, width: WIDTH, picture });
    }
    // Of the demo only: what somebody's own Prometheus knows is not for all to see.
    const isDemo = !process.env.PROMETHEUS;
    if (isDemo && name === README.board) await draw(tab, board, answers, { mode: 'light', ...README });
    const found = shown[name].flatMap((panel) => faults(panel).map((fault) => `${name}: ${panel.title}: ${fault}`));
    for (const fault of found) console.log(`wrong: ${fault}`);
    wrong += found.length;
    const silent = shown[name].filter((panel) => panel.type !== 'row' && isEmpty(panel));
    for (const { title, noValue } of silent) console.log(`empty: ${name}: ${title}: "${noValue ?? 'No data'}"`);
    console.log(`${found.length ? 'drawn' : 'ok'}: ${name}: ${shown[name].length} panels`);
  }
  writeFileSync(join(pictures, 'panels.json'), `${JSON.stringify(shown, null, 1)}\n`);
} finally {
  await browser?.close();
  page.close();
}
process.exit(wrong ? 1 : 0);

/** A page that draws board after board. */
async function open() {
  const context = await browser.newContext({ viewport: { width: WIDTH, height: WIDTH }, timezoneId: 'UTC' });
  const tab = await context.newPage();
  tab.setDefaultTimeout(PATIENCE);
  tab.minded = [];
  tab.on('pageerror', (error) => tab.minded.push(String(error)));
  await tab.goto(page.url);
  await tab.waitForFunction(() => window.draw);
  return tab;
}

/** Leaves the picture of a board, and tells what each of its panels shows. */
async function draw(tab, board, answers, { mode, width, rows, picture }) {
  const bottom = Math.max(...panelsOf(board).map(({ gridPos: { y, h } }) => y + h));
  await tab.setViewportSize({ width, height: HEADER + ROW * bottom + ROW });
  const panels = await tab.evaluate(([b, a, m]) => window.draw(b, a, m), [board, answers, mode]);
  await tab.evaluate(() => document.fonts.ready);
  await tab.waitForLoadState('networkidle');
  await tab.waitForTimeout(SETTLED);
  const looks = new Map(Object.entries(await tab.evaluate(() => window.looks())));
  const height = HEADER + ROW * (rows ?? bottom);
  await tab.screenshot({ path: picture, clip: { x: 0, y: 0, width, height } });
  if (tab.minded.length) throw new Error(`${board.title}: ${tab.minded.join('\n')}`);
  return panels.map((panel) => ({
    ...panel,
    ...looks.get(String(panel.id)),
    unlabelled: unlabelled(answers.panels[panel.id]),
  }));
}
