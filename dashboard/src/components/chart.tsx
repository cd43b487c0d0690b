/** Charts drawn by Chart.js, each with its numbers as a table. The library is loaded when the first chart is shown. */
import type { Chart as ChartJs } from "chart.js";
import { useEffect, useRef } from "preact/hooks";
import type { Row } from "../api";
import { type Column, Table } from "./table";

export interface Series {
  label: string;
  values: (number | null)[];
  kind?: "line" | "bar";
  /** The name of the axis on the right, for numbers of another size. */
  rightAxis?: string;
}

export interface Point {
  label: string;
  group: string;
  x: number;
  y: number;
  /** Radius in pixels. */
  size: number;
}

export type Picture = {
  unit: string;
  format: (value: number) => string;
} & (
  | { kind: "series"; labels: string[]; series: Series[]; isStacked?: boolean; isHorizontal?: boolean; isWhole?: boolean; most?: number }
  | { kind: "points"; xUnit: string; points: Point[] }
);

interface ChartProps {
  title: string;
  picture: Picture;
  columns: Column[];
  rows: Row[];
}

export function Chart({ title, picture, columns, rows }: ChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let chart: ChartJs | null = null;
    let isGone = false;
    const draw = async (): Promise<void> => {
      const { drawChart } = await import("./drawing");
      if (isGone || !canvas.current) return;
      chart?.destroy();
      chart = drawChart(canvas.current, picture);
    };
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = (): void => void draw();
    redraw();
    scheme.addEventListener("change", redraw);
    return () => {
      isGone = true;
      scheme.removeEventListener("change", redraw);
      chart?.destroy();
    };
  }, [picture]);
  const height = picture.kind === "series" && picture.isHorizontal ? Math.max(220, 30 * picture.labels.length + 60) : 300;
  return (
    <>
      <div class="canvas" style={{ height: `${height}px` }}>
        <canvas ref={canvas} role="img" aria-label={`${title}; the numbers are in the table below.`} />
      </div>
      <details>
        <summary>Show the numbers</summary>
        <Table caption={title} columns={columns} rows={rows} />
      </details>
    </>
  );
}
