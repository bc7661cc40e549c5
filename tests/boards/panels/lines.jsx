// Time series.

import { applyNullInsertThreshold, FieldType, getFieldDisplayName } from '@grafana/data';
import { TimeSeries } from '@grafana/ui';
import { useLayoutEffect } from 'react';

/** Each line's name, and whether there is a point of it. */
export function linesOf({ frames }) {
  return frames.flatMap((frame) =>
    frame.fields
      .filter((field) => field.type === FieldType.number)
      .map((field) => ({
        name: getFieldDisplayName(field, frame, frames),
        asked: field.config.displayNameFromDS,
        hidden: Boolean(field.config.custom?.hideFrom?.legend),
        known: field.values.some(Number.isFinite),
      })),
  );
}

export function Lines({ panel, frames, timeRange, marks, width, height }) {
  const { options } = panel;
  return (
    <TimeSeries
      frames={frames.map((frame) => gapped(frame, timeRange))}
      structureRev={1}
      timeRange={timeRange}
      timeZone="browser"
      width={width}
      height={height}
      legend={options.legend}
      options={options}
    >
      {(builder) => <Marks builder={builder} marks={marks} />}
    </TimeSeries>
  );
}

/** What is not a number is a gap, and so is each point that is missing. */
function gapped(frame, { from, to }) {
  const whole = applyNullInsertThreshold({
    frame,
    refFieldPseudoMin: from.valueOf(),
    refFieldPseudoMax: to.valueOf(),
  });
  const finite = (field) =>
    field.type === FieldType.number
      ? { ...field, values: field.values.map((value) => (Number.isFinite(value) ? value : null)) }
      : field;
  return { ...whole, fields: whole.fields.map(finite) };
}

/** Annotations: a dashed line with a mark below, and a shade as long as one lasts. */
function Marks({ builder, marks }) {
  useLayoutEffect(() => {
    builder.addHook('draw', (plot) => {
      const { ctx, bbox } = plot;
      const edges = [bbox.left, bbox.left + bbox.width];
      const at = (time) => Math.min(Math.max(plot.valToPos(time, 'x', true), edges[0]), edges[1]);
      const { devicePixelRatio: ratio } = window;
      ctx.save();
      for (const { time, timeEnd, colour } of marks) {
        const [begins, ends] = [at(time), at(timeEnd)];
        ctx.fillStyle = colour;
        ctx.strokeStyle = colour;
        ctx.globalAlpha = 0.1;
        ctx.fillRect(begins, bbox.top, ends - begins, bbox.height);
        ctx.globalAlpha = 1;
        ctx.lineWidth = ratio;
        ctx.setLineDash([5 * ratio, 5 * ratio]);
        ctx.beginPath();
        for (const edge of new Set([begins, ends])) {
          ctx.moveTo(edge, bbox.top);
          ctx.lineTo(edge, bbox.top + bbox.height);
        }
        ctx.stroke();
        const low = bbox.top + bbox.height;
        ctx.fillRect(begins, low, ends - begins, 3 * ratio);
        ctx.beginPath();
        ctx.moveTo(begins - 4 * ratio, low + 5 * ratio);
        ctx.lineTo(begins + 4 * ratio, low + 5 * ratio);
        ctx.lineTo(begins, low);
        ctx.fill();
      }
      ctx.restore();
    });
  }, [builder, marks]);
  return null;
}
