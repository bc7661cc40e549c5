// Asks Prometheus what Grafana would ask for a board on which everything is selected.

/** The margin of Grafana's grid, which a panel's width in points is told without. */
const COLUMNS = 24;

/**
 * What Prometheus answers to every query and annotation of a board, over the last `range` seconds of
 * what is scraped each `scrape` seconds, drawn `width` pixels wide.
 */
export async function ask(prometheus, board, { to, range, scrape, width }) {
  const from = to - range;
  const of = async (expr, { instant, step }) => {
    const variables = { ...everything(board), ...span(range, step, scrape) };
    const query = substitute(expr, variables);
    // As Grafana does, so that the points stay where they are while time goes on.
    const aligned = (time) => Math.floor(time / step) * step;
    const when = instant ? { time: to } : { start: aligned(from), end: aligned(to), step };
    const series = await get(prometheus, instant ? 'query' : 'query_range', { query, ...when });
    return { series, step, query };
  };
  const panels = {};
  for (const panel of panelsOf(board)) {
    const points = (width * panel.gridPos.w) / COLUMNS;
    const step = Math.max(scrape, Math.ceil(range / points));
    const targets = (panel.targets ?? []).filter((target) => !target.hide);
    panels[panel.id] = await Promise.all(
      targets.map(async (target) => ({ target, ...(await of(target.expr, { instant: target.instant, step })) })),
    );
  }
  const marks = (board.annotations?.list ?? []).filter((mark) => mark.enable && mark.expr);
  const annotations = await Promise.all(
    marks.map(async (mark) => {
      const step = Math.min(seconds(mark.step ?? '60s'), range);
      return { mark, ...(await of(mark.expr, { step })) };
    }),
  );
  return { from, to, panels, annotations };
}

/** The panels of a board, those of folded rows among them. */
export function panelsOf(board) {
  return board.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
}

/** The variables of a board, as they are where "All" is chosen. */
function everything(board) {
  const variables = {};
  for (const variable of board.templating?.list ?? []) {
    const { name, type, allValue, query, current } = variable;
    if (type === 'datasource') variables[name] = query;
    else if (variable.includeAll && allValue) variables[name] = allValue;
    else if (typeof current?.value === 'string') variables[name] = current.value;
    else throw new Error(`${board.title}: $${name} has neither an allValue nor a value`);
  }
  return variables;
}

/** What Grafana tells of the range shown, in Prometheus' durations. */
function span(range, step, scrape) {
  return {
    __interval: `${step}s`,
    __interval_ms: `${step * 1000}`,
    __rate_interval: `${Math.max(step + scrape, 4 * scrape)}s`,
    __range: `${range}s`,
    __range_s: `${range}`,
    __range_ms: `${range * 1000}`,
  };
}

function substitute(expr, variables) {
  return expr.replace(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (written, braced, plain) => {
    const value = variables[braced ?? plain];
    // `$1` is what `label_replace` matched.
    if (value === undefined && !/^\$\d+$/.test(written)) throw new Error(`no variable ${written} for ${expr}`);
    return value ?? written;
  });
}

function seconds(duration) {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(duration);
  return number * { s: 1, m: 60, h: 3600, d: 86400 }[unit];
}

export async function get(prometheus, path, parameters) {
  const body = new URLSearchParams(parameters);
  const answer = await fetch(`${prometheus}/api/v1/${path}`, { method: 'POST', body });
  const said = await answer.json();
  if (said.status !== 'success') throw new Error(`${said.error}: ${parameters.query}`);
  return said.data.result ?? said.data;
}
