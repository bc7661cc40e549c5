// From Prometheus' answers to the data frames that Grafana's panels draw: as its data source makes them,
// then transformed, then dressed with units, thresholds, mappings and overrides.

import {
  applyFieldOverrides,
  createDataFrame,
  displayNameOverrideProcessor,
  FieldType,
  identityOverrideProcessor,
  Registry,
  renderLegendFormat,
  standardTransformers,
  standardTransformersRegistry,
  thresholdsOverrideProcessor,
  transformDataFrame,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';

const transformers = new Map(Object.values(standardTransformers).map((one) => [one.id, one]));
standardTransformersRegistry.setInit(() =>
  [...transformers.values()].map((one) => ({
    id: one.id,
    name: one.name,
    defaultOptions: one.defaultOptions,
    transformation: () => Promise.resolve(one),
  })),
);

/** The frames of a panel, dressed. */
export async function framesOf(panel, answers, theme) {
  const tables = answers.filter(({ target }) => target.format === 'table');
  const data = [
    ...answers.filter(({ target }) => target.format !== 'table').flatMap(seriesFrames),
    ...tables.map((answer) => tableFrame(answer, tables.length)),
  ];
  const transformed = await lastValueFrom(transformDataFrame(panel.transformations ?? [], data));
  return applyFieldOverrides({
    data: transformed,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: registry(panel.fieldConfig),
    replaceVariables: (text) => text,
    theme,
    timeZone: 'browser',
  });
}

/** A frame for each series. */
function seriesFrames({ target, series, step }) {
  return series.map(({ metric, value, values }) => {
    const points = values ?? [value];
    const name = legend(target, metric);
    return createDataFrame({
      refId: target.refId,
      name,
      fields: [
        {
          name: 'Time',
          type: FieldType.time,
          config: { interval: step * 1000 },
          values: points.map(([time]) => time * 1000),
        },
        {
          name: 'Value',
          type: FieldType.number,
          config: { displayNameFromDS: name },
          labels: metric,
          values: points.map(([, text]) => number(text)),
        },
      ],
    });
  });
}

/** What Grafana calls a series: with `__auto` its components decide. */
function legend(target, metric) {
  if (target.legendFormat === '__auto') return undefined;
  if (target.legendFormat) return renderLegendFormat(target.legendFormat, metric);
  const { __name__: name = '', ...labels } = metric;
  return `${name}{${Object.entries(labels).map(([label, value]) => `${label}="${value}"`)}}`;
}

/** A row for each series: its time, its labels, its value. */
function tableFrame({ target, series }, tables) {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric).sort()))];
  const rows = series.flatMap(({ metric, value, values }) =>
    (values ?? [value]).map(([time, text]) => ({ time: time * 1000, metric, value: number(text) })),
  );
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, config: {}, values: rows.map(({ time }) => time) },
      ...labels.map((label) => ({
        name: label,
        type: FieldType.string,
        config: { filterable: true },
        values: rows.map(({ metric }) => metric[label] ?? ''),
      })),
      {
        name: tables > 1 ? `Value #${target.refId}` : 'Value',
        type: FieldType.number,
        config: {},
        values: rows.map(({ value }) => value),
      },
    ],
  });
}

function number(text) {
  const infinity = /^([+-]?)Inf$/.exec(text);
  if (infinity) return infinity[1] === '-' ? -Infinity : Infinity;
  return Number(text);
}

/** The settings that a field may have: Grafana's own, and those of the kind of panel as they are used. */
function registry({ defaults = {}, overrides = [] }) {
  const own = Object.keys(defaults.custom ?? {}).map((key) => `custom.${key}`);
  const overridden = overrides.flatMap(({ properties }) => properties.map(({ id }) => id));
  const ids = new Set([...Object.keys(defaults), ...own, ...overridden]);
  ids.delete('custom');
  return new Registry(() =>
    [...ids].map((id) => {
      const isCustom = id.startsWith('custom.');
      return {
        id,
        name: id,
        isCustom,
        path: isCustom ? id.slice('custom.'.length) : id,
        process: PROCESSORS[id] ?? identityOverrideProcessor,
        shouldApply: () => true,
      };
    }),
  );
}

const PROCESSORS = {
  displayName: displayNameOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
};
