// How the page looks: what is said of it in every width and theme.

import assert from 'node:assert/strict';

export const WIDTHS = [390, 768, 1280, 1600];
export const THEMES = ['light', 'dark'];

/** The sections in the order in which one looks. */
const ORDER = ['orgs', 'incidents', 'ends', 'limits', 'troubles', 'everything'];

/** Nothing is wider than the screen, folded or unfolded. */
export async function fits(page) {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const tooWide = document.documentElement.scrollWidth - width;
    // What is folded has the place that it had when it was last unfolded.
    const seen = (element) => element.checkVisibility() && !element.closest('.skip') && !element.parentElement?.closest('svg');
    const beyond = [...document.body.querySelectorAll('*')].filter(seen).filter((element) => {
      const { left, right, width: own } = element.getBoundingClientRect();
      return own > 0 && (right > width + 1 || left < -1);
    });
    return { tooWide, beyond: beyond.slice(0, 3).map((element) => element.outerHTML.slice(0, 200)) };
  });
  assert.deepEqual(wide, { tooWide: 0, beyond: [] });
}

export async function isInOrder(page, expected) {
  const sections = await page.$$eval('main > section', (found) => found.map((section) => section.id));
  assert.deepEqual(sections, ORDER.filter((id) => sections.includes(id)));
  for (const id of expected) assert.ok(sections.includes(id), `no ${id} in ${sections}`);
}

/** Header, title and icon tell the worst, which is this if it is known. */
export async function tellsTheWorst(page, expected) {
  const told = await page.evaluate(() => ({
    header: document.querySelector('header').className,
    sum: document.querySelector('.sum').textContent,
    title: document.title,
    icon: document.querySelector('link[rel=icon]').href,
  }));
  const [glyph, word, colour] = {
    critical: ['✖', 'critical', 'b3261e'],
    warning: ['▲', 'warning', '8a5a00'],
    info: ['●', 'note', '0969da'],
    well: ['✓', 'okta-exporter', '1a7f37'],
  }[told.header];
  assert.equal(told.header, expected ?? told.header);
  assert.ok(told.title.startsWith(glyph) && told.title.includes(word), told.title);
  assert.ok(told.sum.startsWith(glyph), told.sum);
  assert.ok(told.icon.includes(colour), told.icon);
}

/** A limit of which nothing is left is a full bar, and red. */
export async function nothingLeftIsFullAndRed(page) {
  const bars = await page.$$eval('#limits tr', (rows) => rows
    .filter((row) => / 0 left/.test(row.textContent))
    .map((row) => {
      const [used, track] = ['used', 'track'].map((part) => row.querySelector(`.bar .${part}`));
      const [width, all] = [used, track].map((part) => part.getBoundingClientRect().width);
      return { full: all > 50 && Math.abs(width - all) < 1, colour: getComputedStyle(used).fill };
    }));
  assert.ok(bars.length > 0, 'no limit with 0 left');
  for (const { full, colour } of bars) {
    const [red, green, blue] = colour.match(/\d+/g).map(Number);
    assert.ok(full && red > 2 * green && red > 2 * blue, JSON.stringify(bars));
  }
}

/** What a screen reader needs, and contrast, as axe-core judges. */
export async function isAccessible(page, axe) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
      resultTypes: ['violations'],
    });
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 3).map(({ html, failureSummary }) => [html.slice(0, 200), failureSummary]) }));
  });
  assert.deepEqual(violations, []);
}

/** Each table says what it is of, and what its rows and columns are. */
export async function tablesAreTold(page) {
  const silent = await page.$$eval('table', (tables) => tables.filter((table) => !table.caption?.textContent
    || [...table.querySelectorAll('th')].some((head) => !head.scope)
    || [...table.querySelectorAll('tbody tr:not([id^=earlier])')].some((row) => !row.querySelector('th[scope=row]'))).map((table) => table.outerHTML.slice(0, 300)));
  assert.deepEqual(silent, []);
  const unnamed = await page.$$eval('svg[role=img]', (all) => all.filter((svg) => !svg.querySelector('title')?.textContent && !svg.getAttribute('aria-label')).length);
  assert.equal(unnamed, 0);
}
