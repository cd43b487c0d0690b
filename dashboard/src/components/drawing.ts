/** Pictures as Chart.js draws them: of the library only what these need is in the bundle. */
import {
  BarController,
  BarElement,
  BubbleController,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  type ChartOptions,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
} from "chart.js";
import { formatCompact } from "../format";
import type { Picture, Series } from "./chart";

Chart.register(
  BarController,
  BarElement,
  BubbleController,
  CategoryScale,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
);

/** As many as there are sectors, and the unknown one. */
const COLOURS = 12;
/** So many are drawn as points, too. */
const FEW_POINTS = 31;
/** Numbers that differ by more are told apart on a logarithmic scale. */
const WIDE_RANGE = 20;

export function drawChart(canvas: HTMLCanvasElement, picture: Picture): Chart {
  const style = getComputedStyle(canvas);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  Chart.defaults.font.family = style.fontFamily;
  Chart.defaults.color = colour("--quiet");
  Chart.defaults.borderColor = colour("--line");
  const palette = Array.from({ length: COLOURS }, (_, place) => colour(`--series-${place + 1}`));
  return new Chart(canvas, {
    type: "bar",
    data: { labels: picture.kind === "series" ? picture.labels : [], datasets: datasets(picture, palette) },
    options: options(picture),
  } as ChartConfiguration);
}

function datasets(picture: Picture, palette: string[]): ChartDataset[] {
  const colourOf = (place: number): string => palette[place % palette.length] ?? "";
  if (picture.kind === "series") return picture.series.map((series, place) => seriesOf(series, colourOf(place)));
  const groups = [...new Set(picture.points.map((point) => point.group))].sort();
  return groups.map((group, place) => ({
    type: "bubble",
    label: group,
    data: picture.points.filter((point) => point.group === group).map(({ x, y, size, label }) => ({ x, y, r: size, label })),
    backgroundColor: `color-mix(in srgb, ${colourOf(place)} 55%, transparent)`,
    borderColor: colourOf(place),
  }));
}

function seriesOf(series: Series, colour: string): ChartDataset {
  const axis = series.rightAxis ? { yAxisID: "right" } : {};
  if (series.kind === "line") {
    const pointRadius = series.values.length <= FEW_POINTS ? 3 : 0;
    const line = { borderColor: colour, backgroundColor: colour, borderWidth: 2, pointRadius, pointHitRadius: 8, order: 0 };
    return { type: "line", label: series.label, data: series.values, spanGaps: true, ...line, ...axis };
  }
  const backgroundColor = series.rightAxis ? `color-mix(in srgb, ${colour} 45%, transparent)` : colour;
  return { type: "bar", label: series.label, data: series.values, backgroundColor, maxBarThickness: 44, order: 1, ...axis };
}

function options(picture: Picture): ChartOptions {
  const title = (text: string) => ({ display: Boolean(text), text });
  const ticks = (value: string | number): string => formatCompact(value);
  const common: ChartOptions = {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    interaction: { mode: "nearest", intersect: picture.kind === "points", axis: "xy" },
  };
  if (picture.kind === "points") {
    const scale = (text: string, values: number[]) => ({
      type: Math.max(...values) > WIDE_RANGE * Math.min(...values) ? ("logarithmic" as const) : ("linear" as const),
      grace: "8%",
      title: title(text),
      ticks: { callback: ticks, maxTicksLimit: 6 },
    });
    const { points, xUnit, unit } = picture;
    return {
      ...common,
      scales: { x: scale(xUnit, points.map((point) => point.x)), y: scale(unit, points.map((point) => point.y)) },
      plugins: { legend: { position: "bottom", labels: { boxWidth: 10 } }, tooltip: { callbacks: { label: labelOfPoint } } },
    };
  }
  const { isStacked = false, isHorizontal = false, format } = picture;
  const right = picture.series.find((series) => series.rightAxis)?.rightAxis;
  const beginAtZero = picture.series.some((series) => series.kind !== "line" && !series.rightAxis);
  const precision = picture.isWhole ? 0 : undefined;
  const values = { stacked: isStacked, beginAtZero, max: picture.most, title: title(picture.unit), ticks: { callback: ticks, maxTicksLimit: 7, precision } };
  const labels = { stacked: isStacked, grid: { display: false }, ticks: { autoSkip: !isHorizontal, maxRotation: 0, autoSkipPadding: 16 } };
  return {
    ...common,
    indexAxis: isHorizontal ? "y" : "x",
    interaction: { mode: "index", intersect: false, axis: isHorizontal ? "y" : "x" },
    scales: {
      x: isHorizontal ? values : labels,
      y: isHorizontal ? labels : values,
      ...(right ? { right: { position: "right" as const, title: title(right), grid: { display: false }, ticks: { callback: ticks, maxTicksLimit: 7 } } } : {}),
    },
    plugins: {
      legend: { display: picture.series.length > 1, position: "bottom", labels: { boxWidth: 10 } },
      tooltip: {
        callbacks: { label: ({ dataset, parsed }) => `${dataset.label}: ${format((isHorizontal ? parsed.x : parsed.y) ?? 0)}` },
      },
    },
  };
}

function labelOfPoint({ raw }: { raw: unknown }): string {
  const { label, x, y } = raw as { label: string; x: number; y: number };
  return `${label}: ${formatCompact(x)}, ${formatCompact(y)}`;
}
