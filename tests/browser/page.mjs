// The exporter's page in a real Chromium, in every form and as people use it.
//
//   node page.mjs SCENES
//
// SCENES is JSON: by its name the `url` of each, its `tone`, and the `sections` that it must have. One is
// called `quiet`; its exporter is ended on a line `stop` of ours and started again on `start`: whoever
// started this answers each with a line, the latter with the new address. Each thing that is wrong is a line, and
// the exit status tells whether any was. Where SCREENSHOTS names a directory, every form is kept there.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';

import { chromium } from 'playwright-core';

import { forwarder } from './forwarder.mjs';
import * as looks from './looks.mjs';
import * as uses from './uses.mjs';

const scenes = JSON.parse(process.argv[2]);
const screenshots = process.env.SCREENSHOTS;
/** The pictures of the README: what one sees of these forms without scrolling. */
const pictures = { 'demo-1280-light': 'page-light', 'demo-390-dark': 'page-phone-dark' };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const heard = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** For one step: a busy machine is slow, and nothing else. */
const PATIENCE = 300_000;
let wrong = 0;

const say = (line) => process.stdout.write(`${line}\n`);

async function ask(line) {
  say(line);
  return (await heard.next()).value;
}

async function check(what, looking) {
  const began = Date.now();
  try {
    await looking();
    say(`ok: ${what} (${Date.now() - began} ms)`);
  } catch (error) {
    wrong += 1;
    say(`wrong: ${what}: ${error.message}`);
  }
}

const root = process.getuid?.() === 0;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: root ? ['--no-sandbox'] : [],
  timeout: PATIENCE,
});

/** A page that hears of everything that the browser minds. */
async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.minded = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.minded.push(message.text());
  });
  page.on('pageerror', (error) => page.minded.push(error.message));
  page.on('dialog', (dialog) => { page.minded.push(dialog.message()); dialog.dismiss(); });
  await page.goto(url);
  return page;
}

async function inEveryForm(name, { url, tone, sections }) {
  const page = await open(url);
  for (const id of sections) await page.waitForSelector(`#${id}`, { state: 'attached' });
  await check(`${name}: order and worst`, async () => {
    await looks.isInOrder(page, sections);
    await looks.tellsTheWorst(page, tone);
    await looks.tablesAreTold(page);
  });
  for (const colorScheme of looks.THEMES) {
    await page.emulateMedia({ colorScheme });
    for (const width of looks.WIDTHS) {
      await page.setViewportSize({ width, height: width < 700 ? 844 : 900 });
      const form = `${name}, ${width} px, ${colorScheme}`;
      if (screenshots) await page.screenshot({ path: `${screenshots}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      const picture = pictures[`${name}-${width}-${colorScheme}`];
      if (screenshots && picture) {
        const clip = { x: 0, y: 0, width, height: width < 700 ? 844 : 1240 };
        await page.screenshot({ path: `${screenshots}/${picture}.png`, clip, fullPage: true });
      }
      await check(`${form}: fits`, async () => {
        await looks.fits(page);
        if (![390, 1280].includes(width)) return;
        const unfold = (open) => document.querySelectorAll('details').forEach((details) => { details.open = open; });
        await page.evaluate(unfold, true);
        await looks.fits(page);
        if (screenshots && name !== 'many') await page.screenshot({ path: `${screenshots}/${name}-${width}-${colorScheme}-unfolded.png`, fullPage: true });
        await page.evaluate(unfold, false);
      });
    }
  }
  await check(`${name}: nothing for the browser to mind`, () => {
    if (page.minded.length > 0) throw new Error(page.minded.join('\n'));
  });
  await page.context().close();
}

async function isAccessible(name, url) {
  // Fifty orgs say nothing of colours that four scenes do not say.
  const forms = [['dark', 390], ['light', 1280]].slice(0, name === 'many' ? 1 : 2);
  for (const [colorScheme, width] of forms) {
    const page = await open(url, { bypassCSP: true, colorScheme, viewport: { width, height: 900 } });
    if (name !== 'many') await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
    await check(`${name}, ${width} px, ${colorScheme}: accessible`, () => looks.isAccessible(page, axe));
    await page.context().close();
  }
}

async function isUsed(name, url) {
  const page = await open(url);
  await check(`${name}: by keyboard`, () => uses.isReachedByKeyboard(page));
  await check(`${name}: stays under the hand`, () => uses.staysUnderTheHand(page));
  await check(`${name}: links unfold`, () => uses.linksUnfold(page));
  await check(`${name}: nothing for the browser to mind in use`, () => {
    if (page.minded.length > 0) throw new Error(page.minded.join('\n'));
  });
  await page.context().close();
}

async function isSmall(name, url) {
  const answer = await fetch(url);
  const text = await answer.text();
  const [size, packed] = [text.length, gzipSync(text, { level: 1 }).length].map((bytes) => Math.round(bytes / 1000));
  const page = await open(url);
  const took = await page.evaluate(() => Math.round(performance.getEntriesByType('navigation')[0].domComplete));
  await page.context().close();
  say(`${name}: ${size} kB, ${packed} kB packed, drawn within ${took} ms`);
  if (size > 2000 || packed > 250) throw new Error(`${size} kB, ${packed} kB packed`);
}

const { quiet, outage, many } = scenes;
// The demo's story comes to what is to be seen of it while the others are looked at.
for (const name of ['many', 'outage', 'quiet', 'demo']) await inEveryForm(name, scenes[name]);
for (const [name, { url }] of Object.entries(scenes)) await isAccessible(name, url);
await check('outage: nothing left is a full red bar', async () => {
  for (const colorScheme of looks.THEMES) {
    const page = await open(outage.url, { colorScheme });
    await looks.nothingLeftIsFullAndRed(page);
    await page.context().close();
  }
});
await Promise.all([isUsed('outage', outage.url), isUsed('many', many.url)]);
await check('many: small', () => isSmall('many', many.url));
await check('quiet: without script', async () => {
  const page = await open(quiet.url, { javaScriptEnabled: false });
  await uses.worksWithoutScript(page);
});
await check('quiet: stale, and back', async () => {
  const front = await forwarder(quiet.url);
  const page = await open(front.url);
  await uses.saysThatItIsStale(page, {
    stop: async () => { await ask('stop'); front.lead(undefined); },
    start: async () => { front.lead(await ask('start')); },
  });
  await page.context().close();
  front.end();
});
await browser.close();
process.exit(wrong === 0 ? 0 : 1);
