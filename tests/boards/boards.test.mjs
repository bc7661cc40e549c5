// What of tests/boards needs nothing but Node.js: node --test tests/boards/boards.test.mjs

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { faults, unlabelled } from './judge.mjs';
import { ask } from './queries.mjs';

const CUT = { headers: [], numbers: [], others: [] };
const LOOKS = { beyond: [], cut: CUT, unlabelled: [] };
const panel = (shown, text = '') => ({ type: 'stat', title: 'Left', text, ...LOOKS, ...shown });
const value = (name, text = '5') => ({ name, text, known: true, colour: null });
const column = (name, ...cells) => ({ name, cells: cells.map((text) => ({ text, colour: null })) });

test('a panel that shows named values in words is well', () => {
  const values = [value('acme'), value('beta', '3.57 weeks')];
  assert.deepEqual(faults(panel({ values }, 'acme\n5\nbeta\n3.57 weeks')), []);
  const columns = [column('Org', 'acme'), column('Ends in', '4 days')];
  assert.deepEqual(faults(panel({ columns }, 'acme')), []);
});

test('a panel is empty unless it says what that means', () => {
  const silent = { values: [{ ...value('', 'No data'), known: false }] };
  assert.match(faults(panel(silent, 'No data'))[0], /^is empty/);
  assert.deepEqual(faults(panel({ ...silent, noValue: 'none is open' }, 'none is open No data')), []);
  assert.match(faults(panel({ lines: [{ name: 'acme', known: false }] }))[0], /^is empty/);
  assert.match(faults(panel({ rows: [{ name: 'acme', spans: [] }] }))[0], /^is empty/);
  assert.match(faults(panel({ columns: [] }))[0], /^is empty/);
});

for (const [what, shown, fault] of [
  ['a value', { values: [value('acme'), value('Value')] }, /is called `Value`/],
  ['a line', { lines: [{ name: '', known: true }] }, /is called ``/],
  ['part of a name', { lines: [{ asked: 'acme ', name: 'acme', known: true }] }, /is blank/],
  ['a pair', { lines: [{ name: 'acme', known: true }, { name: 'acme', known: true }] }, /two series/],
  ['a column', { columns: [column('Value #B', '5')] }, /`Value #B`/],
  ['a label', { columns: [column('authorization_server', 'default')] }, /`authorization_server`/],
  ['a cell', { columns: [column('Org', 'acme'), column('Name', 'none ends')], noValue: 'none ends' }, /cell of `Name`/],
  ['an org', { values: [value('org')], unlabelled: ['org'] }, /no `org`/],
]) {
  test(`${what} without a name is found`, () => {
    assert.match(faults(panel(shown, 'acme 5 default')).join('\n'), fault);
  });
}

const RAW = ['{org="acme"}', '{{org}}', '$job', '0.123456', '1732740000', 'NaN', 'undefined', '[object Object]'];
for (const text of RAW) {
  test(`${text} is raw`, () => {
    assert.match(faults(panel({ values: [value('acme', text)] }, text)).join('\n'), / is (a|what) /);
    assert.match(faults(panel({ values: [value('acme')] }, `5\n${text}`)).join('\n'), / is (a|what) /);
  });
}

test('what one cannot see is found', () => {
  const one = { values: [value('acme')] };
  assert.match(faults(panel({ ...one, beyond: ['Status'] }, '5')).join(), /scroll to see the column `Status`/);
  assert.match(faults(panel({ ...one, cut: { ...CUT, others: ['Left'] } }, '5')).join(), /title/);
  assert.match(faults(panel({ ...one, cut: { ...CUT, others: ['acme'] } }, '5')).join(), /name `acme`/);
  assert.match(faults(panel({ ...one, cut: { ...CUT, numbers: ['12'] } }, '5')).join(), /number `12`/);
  assert.match(faults(panel(one, '')).join(), /not drawn/);
});

test('a label that a series lacks is told', () => {
  const answer = { target: { legendFormat: '{{org}} {{ api }}' }, series: [{ metric: { org: 'acme' } }] };
  assert.deepEqual(unlabelled([answer]), ['api']);
});

test('every board can be asked for, with a value for each variable', async (context) => {
  const asked = [];
  context.mock.method(globalThis, 'fetch', async (url, { body }) => {
    asked.push(`${url}?${body.get('query')}`);
    return { json: async () => ({ status: 'success', data: { result: [] } }) };
  });
  const dashboards = join(import.meta.dirname, '../../dashboards');
  for (const file of readdirSync(dashboards)) {
    const board = JSON.parse(readFileSync(join(dashboards, file), 'utf8'));
    await ask('http://127.0.0.1:1', board, { to: 1_000_000, range: 600, scrape: 5, width: 1600 });
  }
  assert.ok(asked.length > 100, `${asked.length}`);
  for (const query of asked) assert.doesNotMatch(query, /\$[a-z_]/, query);
});
