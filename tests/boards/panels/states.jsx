// State timelines. The package has no such component, so that the rows are drawn here, from the same
// fields: what is said and in which colour is Grafana's, by its mappings and thresholds.

import { dateTimeFormat, FieldType, formattedValueToString, getFieldDisplayName } from '@grafana/data';
import { VizLegend } from '@grafana/ui';

const LEGEND = 30;
const AXIS = 22;
const TICKS = 5;

/** Each row: its name, and what it is from when to when. */
export function rowsOf({ frames }) {
  return frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === FieldType.time);
    return frame.fields
      .filter((field) => field !== time)
      .map((field) => ({
        name: getFieldDisplayName(field, frame, frames),
        asked: field.config.displayNameFromDS,
        spans: spansOf(time, field),
      }));
  });
}

/** Equal neighbours are one span; each point lasts until the next is due. */
function spansOf(time, field) {
  const spans = [];
  field.values.forEach((value, index) => {
    if (!Number.isFinite(value)) return;
    const display = field.display(value);
    const from = time.values[index];
    const to = from + time.config.interval;
    const last = spans.at(-1);
    if (last && last.value === value && last.to >= from) last.to = to;
    else spans.push({ value, from, to, text: formattedValueToString(display), colour: display.color });
  });
  return spans;
}

export function States({ width, height, timeRange, marks, ...drawn }) {
  const { panel, theme } = drawn;
  const { options } = panel;
  const rows = rowsOf(drawn);
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const names = Math.min(Math.max(...rows.map(({ name }) => name.length)) * 7 + 24, width / 3);
  const rowHeight = (height - AXIS - (options.legend.showLegend ? LEGEND : 0)) / rows.length;
  const left = (time) => `${Math.min(Math.max((100 * (time - from)) / (to - from), 0), 100)}%`;
  const long = ({ from: begins, to: ends }) => `${(100 * (Math.min(ends, to) - Math.max(begins, from))) / (to - from)}%`;
  const ticks = Array.from({ length: TICKS }, (_, index) => from + ((index + 0.5) * (to - from)) / TICKS);
  const said = new Map(rows.flatMap(({ spans }) => spans.map(({ text, colour }) => [text, colour])));
  return (
    <div style={{ fontSize: 12, overflow: 'hidden', height }}>
      <div style={{ position: 'relative' }}>
        {rows.map(({ name, spans }) => (
          <div key={name} style={{ display: 'flex', height: rowHeight, alignItems: 'center' }}>
            <div className="cut" style={{ width: names, textAlign: 'right', paddingRight: 8 }}>
              {name}
            </div>
            <div style={{ position: 'relative', flex: 1, height: rowHeight * (options.rowHeight ?? 0.9) }}>
              {spans.map((span) => (
                <div
                  key={span.from}
                  className="cut"
                  style={{
                    position: 'absolute',
                    left: left(span.from),
                    width: long(span),
                    height: '100%',
                    background: theme.visualization.getColorByName(span.colour),
                    color: theme.colors.getContrastText(span.colour),
                    opacity: (panel.fieldConfig.defaults.custom?.fillOpacity ?? 70) / 100 + 0.1,
                    textAlign: options.alignValue,
                    lineHeight: `${rowHeight * (options.rowHeight ?? 0.9)}px`,
                  }}
                >
                  {options.showValue === 'never' ? '' : span.text}
                </div>
              ))}
            </div>
          </div>
        ))}
        <div style={{ position: 'absolute', left: names, right: 0, top: 0, bottom: 0, pointerEvents: 'none' }}>
          {marks.map((mark, index) => (
            <div
              key={index}
              style={{
                position: 'absolute',
                left: left(mark.time),
                top: 0,
                bottom: 0,
                borderLeft: `1px dashed ${mark.colour}`,
              }}
            />
          ))}
        </div>
      </div>
      <div style={{ position: 'relative', marginLeft: names, height: AXIS, color: theme.colors.text.secondary }}>
        {ticks.map((tick) => (
          <span key={tick} style={{ position: 'absolute', left: left(tick), transform: 'translateX(-50%)' }}>
            {dateTimeFormat(tick, { format: 'HH:mm:ss' })}
          </span>
        ))}
      </div>
      {options.legend.showLegend && (
        <VizLegend
          placement="bottom"
          displayMode="list"
          items={[...said].map(([label, color]) => ({ label, color, yAxis: 1 }))}
        />
      )}
    </div>
  );
}
