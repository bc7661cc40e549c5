// Annotations, as Grafana's data source for Prometheus makes them of the answers.

import { renderLegendFormat } from '@grafana/data';

/** When each begins and ends (milliseconds), what it says, and its colour. */
export function marksOf(annotations, { from, to }, theme) {
  const marks = annotations.flatMap(({ mark, series, step }) =>
    series.flatMap(({ metric, values }) => {
      const said = {
        name: mark.name,
        text: renderLegendFormat(mark.textFormat, metric),
        colour: theme.visualization.getColorByName(mark.iconColor),
      };
      const times = mark.useValueForTime
        ? values.map(([, value]) => Math.floor(Number(value)))
        : values.filter(([, value]) => Number(value) > 0).map(([time]) => time * 1000);
      // What comes again within a step goes on.
      const regions = [];
      for (const time of times) {
        const last = regions.at(-1);
        if (last && last.timeEnd + step * 1000 >= time) last.timeEnd = time;
        else regions.push({ ...said, time, timeEnd: time });
      }
      return regions;
    }),
  );
  return marks.filter(({ time, timeEnd }) => timeEnd >= from * 1000 && time <= to * 1000);
}
