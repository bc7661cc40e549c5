// Panels of single values: stat and bar gauge.

import { getDisplayValueAlignmentFactors, getFieldDisplayValues } from '@grafana/data';
import { BarGauge, BigValue, VizRepeater } from '@grafana/ui';

/** What a panel reduces its frames to. */
function valuesOf({ panel, frames, theme }) {
  return getFieldDisplayValues({
    fieldConfig: panel.fieldConfig,
    reduceOptions: panel.options.reduceOptions,
    replaceVariables: (text) => text,
    sparkline: (panel.options.graphMode ?? 'none') !== 'none',
    theme,
    data: frames,
    timeZone: 'browser',
  });
}

/** Each value as it is shown, with its colour where it has one. */
export function cellsOf(drawn) {
  const colourless = drawn.panel.options.colorMode === 'none';
  return valuesOf(drawn).map(({ display, colIndex }) => ({
    name: display.title,
    known: colIndex !== undefined && Number.isFinite(display.numeric),
    text: `${display.prefix ?? ''}${display.text}${display.suffix ?? ''}`,
    colour: colourless ? null : display.color,
  }));
}

export function Stat({ width, height, ...drawn }) {
  const { panel, frames, theme } = drawn;
  const { options } = panel;
  const named = options.textMode === 'auto' && panel.fieldConfig.defaults.displayName;
  return (
    <VizRepeater
      getValues={() => valuesOf(drawn)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, count, ...place }) => (
        <BigValue
          {...place}
          count={count}
          value={value.display}
          sparkline={value.sparkline}
          colorMode={options.colorMode}
          graphMode={options.graphMode}
          justifyMode={options.justifyMode}
          textMode={named ? 'value_and_name' : options.textMode}
          text={options.text}
          disableWideLayout={options.wideLayout === false}
          theme={theme}
        />
      )}
      width={width}
      height={height}
      source={frames}
      itemSpacing={3}
      renderCounter={1}
      autoGrid
      orientation={options.orientation}
    />
  );
}

export function Bars({ width, height, ...drawn }) {
  const { panel, frames, theme } = drawn;
  const { options } = panel;
  const spacing = options.displayMode === 'lcd' ? 2 : 10;
  return (
    <VizRepeater
      getValues={() => valuesOf(drawn)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, count, orientation, ...place }) => (
        <BarGauge
          {...place}
          value={value.display}
          field={value.field}
          display={value.view?.getFieldDisplayProcessor(value.colIndex)}
          orientation={orientation}
          text={options.text}
          itemSpacing={spacing}
          displayMode={options.displayMode}
          showUnfilled={options.showUnfilled}
          valueDisplayMode={options.valueMode}
          namePlacement={options.namePlacement ?? 'auto'}
          theme={theme}
        />
      )}
      width={width}
      height={height}
      source={frames}
      itemSpacing={spacing}
      renderCounter={1}
      minVizWidth={options.minVizWidth ?? 8}
      minVizHeight={options.minVizHeight ?? 16}
      maxVizHeight={options.maxVizHeight ?? 300}
      orientation={options.orientation}
    />
  );
}
