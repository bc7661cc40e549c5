// Tables.

import { FieldType, formattedValueToString, getFieldDisplayName } from '@grafana/data';
import { TableNG } from '@grafana/ui/unstable';

const COLOURED = ['color-text', 'color-background'];

/** Each column: its name, and what its cells say, in which colour. */
export function columnsOf({ frames: [frame] }) {
  return (frame?.fields ?? []).map((field) => {
    const coloured = COLOURED.includes(field.config.custom?.cellOptions?.type);
    return {
      name: getFieldDisplayName(field, frame),
      isTime: field.type === FieldType.time,
      cells: field.values.map((value) => {
        const display = field.display(value);
        return { text: formattedValueToString(display), colour: coloured ? (display.color ?? null) : null };
      }),
    };
  });
}

export function Table({ panel, frames: [frame], width, height, timeRange }) {
  const { options, fieldConfig } = panel;
  return (
    <TableNG
      data={frame}
      width={width}
      height={height}
      noHeader={options.showHeader === false}
      showTypeIcons={options.showTypeIcons}
      sortBy={options.sortBy}
      cellHeight={options.cellHeight}
      fieldConfig={fieldConfig}
      noValue={fieldConfig.defaults.noValue ?? 'No data'}
      timeRange={timeRange}
      structureRev={1}
      resizable
    />
  );
}
