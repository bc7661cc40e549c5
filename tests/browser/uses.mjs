// How the page is used: by keyboard, for hours, while the exporter is away, without its script.

import assert from 'node:assert/strict';

const drawn = (page) => page.textContent('#drawn');

/** Returns once the page was drawn anew. */
export async function updated(page) {
  const before = await drawn(page);
  await page.waitForFunction((before) => document.getElementById('drawn').textContent !== before, before);
}

/** Tab comes to every link and everything that can be unfolded, and one sees where it is. */
export async function isReachedByKeyboard(page) {
  await page.evaluate(() => {
    window.reached = new WeakSet();
    window.unseen = [];
    document.activeElement.blur();
    getSelection().removeAllRanges();
    document.addEventListener('focusin', ({ target }) => {
      window.reached.add(target);
      if (getComputedStyle(target).outlineStyle === 'none') window.unseen.push(target.outerHTML);
    });
  });
  const missing = () => page.evaluate(() => {
    const visible = [...document.querySelectorAll('a[href], summary')].filter((element) => element.checkVisibility());
    return visible.filter((element) => !window.reached.has(element)).map((element) => element.textContent);
  });
  let left = await missing();
  assert.ok(left.length > 0);
  // What came while we went round is met the next time: a page that is looked at is drawn anew.
  for (let round = 0; round < 5 && left.length > 0; round += 1) {
    const stops = await page.locator('a[href], summary').filter({ visible: true }).count();
    // The keys come in order; to wait for each on a busy machine takes minutes.
    await Promise.all(Array.from({ length: stops + 2 }, () => page.keyboard.press('Tab')));
    left = await missing();
  }
  assert.deepEqual(left, []);
  assert.deepEqual(await page.evaluate(() => window.unseen), [], 'the focus is not seen');
}

/** What is unfolded, focused, selected and scrolled to stays, though the page is drawn anew. */
export async function staysUnderTheHand(page) {
  const before = await page.evaluate(() => {
    const details = document.querySelector('#everything > details');
    details.open = true;
    const summary = details.querySelector('summary');
    summary.focus();
    const selected = document.querySelector('#of-everything').firstChild;
    getSelection().setBaseAndExtent(selected, 2, selected, 7);
    summary.scrollIntoView({ block: 'start' });
    window.marked = summary;
    return { id: details.id, text: getSelection().toString(), top: summary.getBoundingClientRect().top, scrolled: scrollY };
  });
  assert.ok(before.text.length > 0);
  for (let times = 0; times < 2; times += 1) await updated(page);
  const after = await page.evaluate((id) => ({
    id: [...document.querySelectorAll('details[open]')].map((details) => details.id).find((open) => open === id),
    same: document.activeElement === window.marked && window.marked.isConnected,
    text: getSelection().toString(),
    top: window.marked.getBoundingClientRect().top,
    scrolled: scrollY,
  }), before.id);
  assert.equal(after.id, before.id, 'it was folded');
  assert.ok(after.same, 'the focus is lost');
  assert.equal(after.text, before.text, 'the selection is lost');
  assert.ok(Math.abs(after.top - before.top) < 3, `it moved: ${JSON.stringify([before, after])}`);
  // What was unfolded is so after a reload.
  await page.reload();
  assert.ok(await page.evaluate((id) => document.getElementById(id).open, before.id), 'forgotten');
}

/** A link to an org unfolds what is told of it. */
export async function linksUnfold(page) {
  const link = page.locator('#orgs a').last();
  const id = (await link.getAttribute('href')).slice(1);
  await link.click();
  const seen = await page.evaluate((id) => {
    const target = document.getElementById(id);
    return target.checkVisibility() && target.getBoundingClientRect().top < innerHeight;
  }, id);
  assert.ok(seen, `${id} is folded`);
}

/** While nobody answers it says since when, counts on, and recovers. */
export async function saysThatItIsStale(page, { stop, start }) {
  await updated(page);
  await stop();
  await page.waitForFunction(() => /^stale since \d\d:\d\d:\d\d UTC/.test(document.getElementById('stale').textContent));
  const [since, shown] = [await page.textContent('#stale'), await drawn(page)];
  assert.ok(since.includes(shown), since);
  assert.match(await page.title(), /stale/);
  const counted = () => page.$$eval('time[data-ago]', (times) => times.map((time) => time.textContent).join());
  const before = await counted();
  await page.waitForFunction((before) => [...document.querySelectorAll('time[data-ago]')].map((time) => time.textContent).join() !== before, before);
  await start();
  await page.waitForFunction(() => document.getElementById('stale').textContent === '');
  assert.doesNotMatch(await page.title(), /stale/);
  assert.notEqual(await drawn(page), shown);
}

/** Without its script everything is there, and it asks to be drawn anew. */
export async function worksWithoutScript(page) {
  assert.ok(await page.locator('#orgs li').count() > 0);
  assert.equal(await page.locator('noscript meta[http-equiv=refresh]').count(), 1);
  const summary = page.locator('#everything summary').first();
  await summary.click();
  assert.ok(await page.locator('#everything table').first().isVisible());
}
