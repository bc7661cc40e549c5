// A board, drawn by Grafana's own components. draw.mjs calls `window.draw` with a board and what Prometheus
// answered to it, which tells what each panel shows, and then `window.looks`, which tells what one sees.

import '@fontsource/inter/400.css';
import '@fontsource/inter/500.css';

import { createTheme, dateTime, dateTimeFormat, ThemeContext } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { GlobalStyles, PanelChrome } from '@grafana/ui';
import { createRoot } from 'react-dom/client';

import { framesOf } from './frames';
import { Lines, linesOf } from './lines';
import { looks } from './looks';
import { marksOf } from './marks';
import { rowsOf, States } from './states';
import { columnsOf, Table } from './table';
import { Bars, cellsOf, Stat } from './values';

/** Grafana's grid. */
const [COLUMNS, ROW, GAP, MARGIN] = [24, 30, 8, 16];
const HEADER = 56;

const KINDS = {
  stat: { Panel: Stat, shows: (drawn) => ({ values: cellsOf(drawn) }) },
  bargauge: { Panel: Bars, shows: (drawn) => ({ values: cellsOf(drawn) }) },
  timeseries: { Panel: Lines, shows: (drawn) => ({ lines: linesOf(drawn) }) },
  'state-timeline': { Panel: States, shows: (drawn) => ({ rows: rowsOf(drawn) }) },
  table: { Panel: Table, shows: (drawn) => ({ columns: columnsOf(drawn) }), padding: 'none' },
};

/** The board that was drawn last. */
let drawn;

window.draw = async (board, answers, mode) => {
  await initPluginTranslations('boards');
  const theme = createTheme({ colors: { mode } });
  const timeRange = { from: dateTime(answers.from * 1000), to: dateTime(answers.to * 1000) };
  timeRange.raw = { from: timeRange.from, to: timeRange.to };
  const marks = marksOf(answers.annotations, answers, theme);
  const panels = [];
  for (const panel of board.panels.flatMap((one) => [one, ...(one.panels ?? [])])) {
    const kind = KINDS[panel.type];
    if (!kind) {
      panels.push({ panel });
      continue;
    }
    const frames = await framesOf(panel, answers.panels[panel.id], theme);
    const content = { panel, frames, theme, timeRange, marks };
    panels.push({ ...content, kind, shown: kind.shows(content) });
  }
  document.body.style.background = theme.colors.background.canvas;
  drawn?.unmount();
  drawn = createRoot(document.getElementById('board'));
  drawn.render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Board board={board} panels={panels} timeRange={timeRange} theme={theme} />
    </ThemeContext.Provider>,
  );
  return panels.map(({ panel, kind, shown }) => ({
    id: panel.id,
    title: panel.title,
    type: panel.type,
    unknown: !kind && panel.type !== 'row',
    noValue: panel.fieldConfig?.defaults?.noValue ?? null,
    ...shown,
  }));
};

window.looks = looks;

function Board({ board, panels, timeRange, theme }) {
  const column = (window.innerWidth - 2 * MARGIN + GAP) / COLUMNS;
  const bottom = Math.max(...panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h));
  const variables = board.templating.list.filter(({ hide }) => hide !== 2);
  const chosen = ({ type, current }) => ({ datasource: 'Prometheus', query: 'All' })[type] ?? current.text;
  return (
    <div style={{ position: 'relative', height: HEADER + bottom * (ROW + GAP) + MARGIN - GAP }}>
      <header style={{ position: 'absolute', left: MARGIN, right: MARGIN, top: MARGIN, display: 'flex', gap: 24 }}>
        <span style={{ fontWeight: 500, fontSize: 16 }}>{board.title}</span>
        {variables.map((variable) => (
          <span key={variable.name} style={{ color: theme.colors.text.secondary }}>
            {variable.label}: <span style={{ color: theme.colors.text.primary }}>{chosen(variable)}</span>
          </span>
        ))}
        <span style={{ marginLeft: 'auto', color: theme.colors.text.secondary }}>
          {dateTimeFormat(timeRange.from)} to {dateTimeFormat(timeRange.to, { format: 'HH:mm:ss' })}
        </span>
      </header>
      {panels.map(({ panel, kind, ...content }) => {
        const { x, y, w, h } = panel.gridPos;
        const place = {
          position: 'absolute',
          left: MARGIN + x * column,
          top: HEADER + y * (ROW + GAP),
        };
        if (!kind) {
          return (
            <h3 key={panel.id} style={{ ...place, margin: 0, fontSize: 16, lineHeight: `${ROW}px` }}>
              {panel.title}
            </h3>
          );
        }
        return (
          <div key={panel.id} data-panel={panel.id} style={place}>
            <PanelChrome
              title={panel.title}
              description={panel.description}
              width={w * column - GAP}
              height={h * ROW + (h - 1) * GAP}
              padding={kind.padding}
            >
              {(width, height) =>
                content.frames.length || panel.type === 'stat' || panel.type === 'bargauge' ? (
                  <kind.Panel {...content} panel={panel} width={width} height={height} />
                ) : (
                  <div style={{ textAlign: 'center', paddingTop: height / 2 - 10 }}>
                    {panel.fieldConfig.defaults.noValue ?? 'No data'}
                  </div>
                )
              }
            </PanelChrome>
          </div>
        );
      })}
    </div>
  );
}
