/** How the lake is: what is published since when, whether rows reconcile, what was audited, which files wait. */
import { useContext, useMemo } from "preact/hooks";
import type { Result, Row } from "../api";
import { Chart, type Picture } from "../components/chart";
import { type Figure, Figures } from "../components/figures";
import { Panel } from "../components/panel";
import { type Column, Table } from "../components/table";
import { formatAge, formatBytes, formatDuration, formatMoment, formatNumber, formatPercent, NOTHING } from "../format";
import { type Answered, ConfigContext, useQuery } from "../queries";
import type { Place } from "../router";

const EVERY_SECONDS = 30;
const count = (value: Row[string]): string => formatNumber(value);
const state = (isGood: boolean, good: string, bad: string) => <span class={isGood ? "badge good" : "badge bad"}>{isGood ? good : bad}</span>;

const HOPS: Column[] = [
  { name: "table_name", label: "Table" },
  { name: "source_rows", label: "Source", isNumber: true, format: count },
  { name: "raw_rows", label: "Raw", isNumber: true, format: count },
  { name: "published_rows", label: "Published", isNumber: true, format: count },
  { name: "rejected_rows", label: "Rejected", isNumber: true, format: count },
  { name: "athena_rows", label: "Athena", isNumber: true, format: count },
  { name: "redshift_rows", label: "Redshift", isNumber: true, format: count },
  { name: "is_reconciled", label: "Reconciled", format: (value) => state(value === true, "yes", "no") },
];
const RUNS: Column[] = [
  { name: "job", label: "Job" },
  { name: "started_at", label: "Started", format: (value) => formatMoment(value) },
  { name: "seconds", label: "Duration", isNumber: true, format: (value) => (value === null ? NOTHING : formatDuration(Number(value) * 1000)) },
  { name: "state", label: "State", format: (value) => <span class={`badge ${toneOf(String(value))}`}>{String(value).toLowerCase()}</span> },
];
const FILES: Column[] = [
  { name: "status", label: "Became" },
  { name: "files", label: "Files", isNumber: true, format: count },
  { name: "rows_in", label: "Rows", isNumber: true, format: count },
  { name: "rows_out", label: "Published", isNumber: true, format: count },
  { name: "rows_rejected", label: "Rejected", isNumber: true, format: count },
  { name: "last_finished_at", label: "Last", format: (value) => formatMoment(value) },
];
const QUARANTINED: Column[] = [
  { name: "file_name", label: "File" },
  { name: "arrived_at", label: "Arrived", format: (value) => formatMoment(value) },
  { name: "reason", label: "Why it cannot be used" },
];
const TABLES: Column[] = [
  { name: "table_name", label: "Table" },
  { name: "dataset", label: "Dataset" },
  { name: "row_count", label: "Rows", isNumber: true, format: count },
  { name: "size_bytes", label: "Size", isNumber: true, format: (value) => formatBytes(value) },
  { name: "published_at", label: "Published", format: (value) => (value ? formatMoment(value) : "not yet") },
  { name: "age", label: "Age", format: (_, row) => formatAge(row.published_at) },
];

export default function Health(_: { place: Place }) {
  const reconciliation = useQuery("reconciliation", {}, EVERY_SECONDS);
  const quality = useQuery("quality", {}, EVERY_SECONDS);
  const waiting = useQuery("waiting-files", {}, EVERY_SECONDS);
  const stockFiles = useQuery("stock-files", {}, EVERY_SECONDS);
  const salesFiles = useQuery("sales-files", {}, EVERY_SECONDS);
  const metrics = useQuery("metrics", {}, EVERY_SECONDS);
  return (
    <>
      <Figures figures={[reconciled(reconciliation), score(quality), waitingFiles(waiting), quarantined(stockFiles, salesFiles)]} />
      <div class="panels">
        <Panel title="Rows at every hop" meaning="The warehouse's last run, from the source to both engines." answered={reconciliation} empty="The warehouse has not been reconciled yet." isWide>
          {(result) => <Table caption="Rows at every hop of the last run" columns={HOPS} rows={result.rows} />}
        </Panel>
        <Panel title="Quality" meaning="The audit of what is published." answered={quality} empty="No audit of a published version has been made yet.">
          {(result) => <Audits result={result} />}
        </Panel>
        <Panel
          title="Quality score of 30 days"
          answered={metrics}
          empty="No audit has been measured in the last 30 days."
          isEmpty={(result) => ofMetric(result, "QualityScore").length === 0}
        >
          {(result) => <Metric title="Quality score of 30 days" unit="Percent" rows={ofMetric(result, "QualityScore")} kind="line" />}
        </Panel>
        <Panel
          title="Tables that did not reconcile"
          meaning="In each run of the last 30 days."
          answered={metrics}
          empty="Every table has reconciled in every run of the last 30 days."
          isEmpty={(result) => ofMetric(result, "UnreconciledTables").every((row) => row.value === 0)}
          isWide
        >
          {(result) => <Metric title="Tables that did not reconcile" unit="Tables" rows={ofMetric(result, "UnreconciledTables")} kind="bar" />}
        </Panel>
        <Panel title="Last runs" meaning="Of each Glue job the last five." answered={useQuery("runs", {}, EVERY_SECONDS)} empty="No job has run yet." isWide>
          {(result) => <Table caption="Last runs of the Glue jobs" columns={RUNS} rows={result.rows} isSortable />}
        </Panel>
        <Panel title="Stock files" answered={stockFiles} empty="No stock file has arrived yet.">
          {(result) => <Table caption="What became of the stock files" columns={FILES} rows={result.rows} />}
        </Panel>
        <Panel title="Sales files" answered={salesFiles} empty="No sales file has arrived yet.">
          {(result) => <Table caption="What became of the sales files" columns={FILES} rows={result.rows} />}
        </Panel>
        <Panel title="In quarantine" meaning="The last stock files that cannot be used." answered={useQuery("quarantined-files", {}, EVERY_SECONDS)} empty="No stock file is in quarantine." isWide>
          {(result) => <Table caption="Stock files in quarantine" columns={QUARANTINED} rows={result.rows} />}
        </Panel>
        <Panel title="Freshness" meaning="What each table holds, and since when." answered={useQuery("tables", {}, EVERY_SECONDS)} empty="No table is declared." isWide>
          {(result) => <Table caption="Rows, size and age of every table" columns={TABLES} rows={result.rows} isSortable />}
        </Panel>
      </div>
    </>
  );
}

function Audits({ result }: { result: Result }) {
  const { dataDocs } = useContext(ConfigContext);
  const columns: Column[] = [
    { name: "dataset", label: "Dataset", format: (value) => nameOf(String(value)) },
    { name: "score_percent", label: "Score", isNumber: true, format: (value) => formatPercent(Number(value) / 100) },
    { name: "passed", label: "Passed", isNumber: true, format: (value, row) => `${formatNumber(value)} of ${formatNumber(row.evaluated)}` },
    { name: "failed_warning", label: "Warnings", isNumber: true, format: count },
    {
      name: "data_docs",
      label: "Report",
      format: (value, row) =>
        value === null ? (
          NOTHING
        ) : dataDocs ? (
          <a href={`${dataDocs}${value}`} target="_blank" rel="noreferrer">
            Data Docs<span class="unseen"> of {String(row.dataset)}</span>
          </a>
        ) : (
          String(value)
        ),
    },
  ];
  return <Table caption="Audits of the published versions" columns={columns} rows={result.rows} />;
}

const ofMetric = (result: Result, name: string): Row[] => result.rows.filter((row) => row.metric === name);

function Metric({ title, unit, rows, kind }: { title: string; unit: string; rows: Row[]; kind: "line" | "bar" }) {
  const picture = useMemo<Picture>(() => {
    const moments = [...new Set(rows.map((row) => String(row.measured_at)))].sort();
    const datasets = [...new Set(rows.map((row) => String(row.dataset)))].sort();
    const values = new Map(rows.map((row) => [`${row.measured_at} ${row.dataset}`, Number(row.value)]));
    return {
      kind: "series",
      unit,
      format: (value) => formatNumber(value, kind === "line" ? 1 : 0),
      isWhole: kind === "bar",
      most: kind === "line" ? 100 : undefined,
      labels: moments.map((moment) => moment.slice(0, 16).replace("T", " ")),
      series: datasets.map((dataset) => ({
        label: nameOf(dataset),
        kind,
        values: moments.map((moment) => values.get(`${moment} ${dataset}`) ?? null),
      })),
    };
  }, [rows.length, rows.at(-1)?.measured_at, unit, kind]);
  const columns: Column[] = [
    { name: "measured_at", label: "When", format: (value) => formatMoment(value) },
    { name: "dataset", label: "Dataset", format: (value) => nameOf(String(value)) },
    { name: "value", label: unit, isNumber: true, format: (value) => formatNumber(value, kind === "line" ? 1 : 0) },
  ];
  return <Chart title={title} picture={picture} columns={columns} rows={rows} />;
}

const nameOf = (dataset: string): string => dataset.replaceAll("_", " ");

const rowsOf = (answered: Answered): Row[] | null =>
  answered.state === "ready" ? answered.result.rows : answered.state === "empty" ? [] : null;

const WAITING = "…";

function reconciled(answered: Answered): Figure {
  const rows = rowsOf(answered);
  const label = "Reconciliation";
  if (rows === null) return { label, value: answered.state === "failed" ? NOTHING : WAITING };
  if (rows.length === 0) return { label, value: NOTHING, note: "no run yet" };
  const broken = rows.filter((row) => row.is_reconciled !== true).length;
  return broken
    ? { label, value: `${broken} differ`, note: `of ${rows.length} tables`, tone: "bad" }
    : { label, value: "All agree", note: `${rows.length} tables, every hop`, tone: "good" };
}

function score(answered: Answered): Figure {
  const rows = rowsOf(answered);
  const label = "Quality score";
  if (rows === null) return { label, value: answered.state === "failed" ? NOTHING : WAITING };
  if (rows.length === 0) return { label, value: NOTHING, note: "no audit yet" };
  const worst = Math.min(...rows.map((row) => Number(row.score_percent)));
  const critical = rows.reduce((sum, row) => sum + Number(row.failed_critical), 0);
  return { label, value: formatPercent(worst / 100), note: "lowest of all audits", tone: critical ? "bad" : "good" };
}

function waitingFiles(answered: Answered): Figure {
  const rows = rowsOf(answered);
  const label = "Files waiting";
  if (rows === null) return { label, value: answered.state === "failed" ? NOTHING : WAITING };
  const files = rows.reduce((sum, row) => sum + Number(row.files), 0);
  const oldest = rows.map((row) => row.oldest_at).filter(Boolean).sort()[0];
  const more = rows.some((row) => row.has_more === true) ? "+" : "";
  return { label, value: `${formatNumber(files)}${more}`, note: oldest ? `oldest: ${formatAge(oldest)}` : "none has to wait" };
}

function quarantined(...answers: Answered[]): Figure {
  const rows = answers.map(rowsOf);
  const label = "Files in quarantine";
  if (rows.some((found) => found === null)) return { label, value: answers.some((answered) => answered.state === "failed") ? NOTHING : WAITING };
  const files = rows.flatMap((found) => found ?? []).filter((row) => row.status === "quarantined").reduce((sum, row) => sum + Number(row.files), 0);
  return { label, value: formatNumber(files), note: files ? "with the reason beside them" : "all could be used" };
}

function toneOf(jobState: string): string {
  if (jobState === "SUCCEEDED") return "good";
  return ["FAILED", "ERROR", "TIMEOUT"].includes(jobState) ? "bad" : "";
}
