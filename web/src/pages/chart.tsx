// Throughput by outcome over time, drawn by uPlot; its sums are its label for whoever does not see it.
import { type ReactElement, useEffect, useRef, useState } from "react";
import "./usable-language.ts";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { SeriesAnswer } from "../../../src/admin/contract.ts";
import { dayAndTime, browserZone } from "../format/moment.ts";
import { number } from "../format/number.ts";
import { useScheme } from "../looks.ts";
import { text } from "../messages.ts";
import type { Span } from "../queries.ts";
import css from "./chart.module.css";

const height = 214;
const msPerS = 1000;

export function Chart({ series, span }: { series: SeriesAnswer; span: Span }): ReactElement {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(series);
  latest.current = series;
  const { shown } = useScheme();
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new uPlot(options(element, latest.current.stepMs, setAt), dataOf(latest.current), element);
    plot.current = made;
    const sized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    sized.observe(element);
    return () => {
      sized.disconnect();
      made.destroy();
      plot.current = null;
    };
    // Its colours and its step are read when it is made.
  }, [shown, series.stepMs]);
  useEffect(() => plot.current?.setData(dataOf(series)), [series]);
  const total = (values: number[]): string => number(values.reduce((sum, one) => sum + one, 0));
  const shownAt = at === null ? null : series.at[at];
  return (
    <figure className={css.figure}>
      <figcaption className={css.legend}>
        <span className={css.good}>
          {text.overview.succeeded}{" "}
          <strong>{at === null ? total(series.succeeded) : number(series.succeeded[at] ?? 0)}</strong>
        </span>
        <span className={css.bad}>
          {text.overview.failed}{" "}
          <strong>{at === null ? total(series.failed) : number(series.failed[at] ?? 0)}</strong>
        </span>
        <span className={css.when}>
          {shownAt === null || shownAt === undefined
            ? text.overview.spans[span]
            : dayAndTime(shownAt, browserZone)}
        </span>
      </figcaption>
      <div
        ref={place}
        className={css.plot}
        role="img"
        aria-label={text.overview.chart(total(series.succeeded), total(series.failed))}
      />
    </figure>
  );
}

function dataOf({ at, succeeded, failed }: SeriesAnswer): uPlot.AlignedData {
  const all = succeeded.map((value, index) => value + (failed[index] ?? 0));
  return [at.map((one) => one / msPerS), all, failed];
}

function options(element: HTMLElement, stepMs: number, onCursor: (at: number | null) => void): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const bars = uPlot.paths.bars?.({ size: [0.72, 26], radius: 0.18 });
  const axis = {
    stroke: colour("--ink-3"),
    font: `11px ${style.fontFamily}`,
    ticks: { show: false },
  };
  const bar = (fill: string): uPlot.Series => ({
    fill,
    stroke: fill,
    width: 0,
    points: { show: false },
    ...(bars && { paths: bars }),
  });
  return {
    width: element.clientWidth,
    height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    // Half a step beyond both ends, so that the first and the last bar are whole.
    scales: {
      x: { range: (_plot, low, high) => [low - stepMs / msPerS / 2, high + stepMs / msPerS / 2] },
      y: { range: (_plot, _low, high) => [0, Math.max(4, high * 1.1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        values: [[1, "{HH}:{mm}", null, null, null, null, null, null, 1]],
      },
      {
        ...axis,
        grid: { stroke: colour("--line"), width: 1 },
        size: 42,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
        values: (_plot, values) => values.map((value) => number(value)),
      },
    ],
    series: [{}, bar(colour("--accent")), bar(colour("--bad"))],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
  };
}
