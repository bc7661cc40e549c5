// What is wrong with a panel, in words: it is empty, something in it has no name, is raw, or is not seen.

/** What Grafana calls a value that nobody named. */
const UNNAMED = /^(|Value|Value #\w|Time|Series \d*)$/;
/** A label's own name, which no person would write over a column. */
const LABEL = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const RAW = [
  [/\{[^}]*=|\{\{|\}\}/, 'a set of labels'],
  [/\$\w|\$\{/, 'a variable'],
  [/\b(undefined|NaN|null|Infinity)\b|\[object/, 'what a program says of nothing'],
  [/\d\.\d{4,}/, 'a number with too many digits'],
  [/\b\d{7,}\b/, 'a number that is too long to read, or a moment as a number'],
];

/** The faults of a panel, of which `text` is what one reads there. */
export function faults(panel) {
  if (panel.unknown) return [`\`${panel.type}\` is not a kind that can be drawn here`];
  if (panel.type === 'row') return [];
  return [...empty(panel), ...nameless(panel), ...raw(panel), ...unseen(panel)];
}

/** Whether a panel has anything to show. */
export function isEmpty({ values, lines, rows, columns }) {
  if (values) return !values.some(({ known }) => known);
  if (lines) return !lines.some(({ known }) => known);
  if (rows) return !rows.some(({ spans }) => spans.length);
  return !columns?.some(({ cells }) => cells.length);
}

/** A panel may be empty where it says itself what that means. */
function empty(panel) {
  if (!isEmpty(panel) || panel.noValue) return [];
  return ['is empty, and has no text (`noValue`) that says what this means'];
}

function nameless(panel) {
  if (isEmpty(panel)) return [];
  const found = [];
  const named = (panel.values?.length > 1 ? panel.values : []).concat(panel.lines ?? [], panel.rows ?? []);
  const names = named.filter(({ hidden }) => !hidden).map(({ name, asked }) => asked ?? name ?? '');
  for (const name of names) {
    if (UNNAMED.test(name)) found.push(`a series is called \`${name}\``);
    else if (name !== name.trim() || /  |: *:/.test(name)) found.push(`a part of the name \`${name}\` is blank`);
  }
  for (const label of new Set(panel.unlabelled)) found.push(`a series has no \`${label}\`, which the legend names`);
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
    found.push(`two series are called \`${name}\``);
  }
  for (const { name, cells } of panel.columns ?? []) {
    if (UNNAMED.test(name) || LABEL.test(name)) found.push(`a column is called \`${name}\``);
    // Grafana writes it into each cell that is empty, too.
    if (cells.some(({ text }) => panel.noValue && text === panel.noValue)) {
      found.push(`a cell of \`${name}\` says what an empty panel means`);
    }
  }
  return found;
}

function raw(panel) {
  const columns = (panel.columns ?? []).flatMap(({ name, cells }) => [name, ...cells.map(({ text }) => text)]);
  const values = (panel.values ?? []).map(({ text }) => text);
  const spans = (panel.rows ?? []).flatMap((row) => row.spans.map(({ text }) => text));
  const texts = [...new Set([...columns, ...values, ...spans, ...panel.text.split('\n')])];
  return texts.flatMap((text) => RAW.filter(([shape]) => shape.test(text)).map(([, what]) => `\`${text}\` is ${what}`));
}

/** Series without a label that the legend names: Grafana writes the label's own name in its place. */
export function unlabelled(answers) {
  return answers.flatMap(({ target, series }) => {
    const labels = [...(target.legendFormat ?? '').matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label);
    return labels.filter((label) => series.some(({ metric }) => !metric[label]));
  });
}

/** What is there, and yet not before one's eyes. */
function unseen(panel) {
  const { beyond, cut } = panel;
  const found = beyond.map((column) => `one must scroll to see the column \`${column}\``);
  if (cut.others.includes(panel.title)) found.push('its title is cut off');
  for (const name of cut.headers) found.push(`the name of the column \`${name}\` is cut off`);
  for (const number of cut.numbers) found.push(`the number \`${number}\` is cut off`);
  // A name in a legend can be read elsewhere, and one beside a bar only there.
  const names = [...(panel.values ?? []), ...(panel.rows ?? [])].map(({ name }) => name);
  for (const name of new Set(cut.others.filter((text) => names.includes(text)))) {
    found.push(`the name \`${name}\` is cut off`);
  }
  const first = panel.columns?.[0]?.cells[0]?.text ?? panel.values?.[0]?.text;
  if (first && !panel.text.includes(first.split(' ')[0])) found.push(`\`${first}\` is in it, and is not drawn`);
  return found;
}
