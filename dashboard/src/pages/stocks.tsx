/** Stock prices that arrived as files: all symbols by month, or one symbol by day; what the question costs. */
import { useMemo } from "preact/hooks";
import type { Result, Row } from "../api";
import { Chart, type Picture } from "../components/chart";
import { MonthSelect, SymbolField, YearSelect } from "../components/filters";
import { Panel } from "../components/panel";
import type { Column } from "../components/table";
import { formatBytes, formatCompact, formatDuration, formatNumber, yearMonth } from "../format";
import { type Answered, useQuery } from "../queries";
import { type Place, setFilters } from "../router";

const NO_STOCKS = "No stock prices have been published yet. Drop CSV files into landing/stocks/ and they appear here.";
const NONE_CHOSEN = "There are no prices for this choice.";

const price = (value: Row[string]): string => formatNumber(value, 2);
const MONTHS: Column[] = [
  { name: "month", label: "Month", format: (_, row) => yearMonth(row.year, row.month) },
  { name: "symbols", label: "Symbols", isNumber: true, format: (value) => formatNumber(value) },
  { name: "prices", label: "Prices", isNumber: true, format: (value) => formatNumber(value) },
  { name: "average_close", label: "Average close", isNumber: true, format: price },
  { name: "lowest", label: "Lowest", isNumber: true, format: price },
  { name: "highest", label: "Highest", isNumber: true, format: price },
  { name: "volume", label: "Volume", isNumber: true, format: (value) => formatNumber(value) },
];
const DAYS: Column[] = [
  { name: "trade_date", label: "Day" },
  ...["open", "high", "low", "close"].map((name) => ({
    name,
    label: (name[0] ?? "").toUpperCase() + name.slice(1),
    isNumber: true,
    format: price,
  })),
  { name: "volume", label: "Volume", isNumber: true, format: (value) => formatNumber(value) },
];

export default function Stocks({ place }: { place: Place }) {
  const { symbol = "", year = "", month = "" } = place.filters;
  const years = useQuery("stock-years");
  const symbols = useQuery("stock-symbols", { limit: 10000 });
  const question = symbol ? "stock-prices" : "stock-months";
  const parameters = symbol ? { symbol, year, month, limit: 10000 } : { year, month, limit: 10000 };
  const answered = useQuery(question, parameters);
  const ofFiles = useQuery(answered.state === "ready" ? `${question}-of-csv` : null, { ...parameters, limit: 1 });
  const hasStocks = years.state !== "empty" && !(years.state === "ready" && years.result.rows.length === 0);
  const empty = hasStocks ? NONE_CHOSEN : NO_STOCKS;
  return (
    <>
      <div class="filters">
        <SymbolField
          value={symbol}
          symbols={symbols.state === "ready" ? symbols.result.rows.map((row) => String(row.symbol)) : []}
          isOptional
          onChange={(chosen) => setFilters(place, { symbol: chosen })}
        />
        <YearSelect
          years={years.state === "ready" ? years.result.rows.map((row) => Number(row.year)) : []}
          value={year}
          all="All years"
          onChange={(chosen) => setFilters(place, { year: chosen })}
        />
        <MonthSelect value={month} onChange={(chosen) => setFilters(place, { month: chosen })} />
      </div>
      <div class="panels">
        <Panel title={symbol ? `Price of ${symbol}` : "Average price of all symbols"} answered={answered} empty={empty} isWide>
          {(result) => <Prices result={result} symbol={symbol} />}
        </Panel>
        <Panel title="Volume" meaning="Shares traded." answered={answered} empty={empty}>
          {(result) => <Volume result={result} symbol={symbol} />}
        </Panel>
        <Panel
          title="What the question costs"
          meaning="The query above, on the table and on the CSV files that the rows came in."
          answered={answered}
          empty={empty}
          tellsCost
        >
          {(result) => <Comparison ofTable={result} ofFiles={ofFiles} />}
        </Panel>
      </div>
    </>
  );
}

function Prices({ result, symbol }: { result: Result; symbol: string }) {
  const picture = useMemo<Picture>(() => {
    const line = (label: string, name: string) => ({ label, kind: "line" as const, values: result.rows.map((row) => numberOf(row[name])) });
    return {
      kind: "series",
      unit: "Price",
      format: (value) => formatNumber(value, 2),
      labels: labelsOf(result, symbol),
      series: symbol
        ? [line("Close", "close")]
        : [line("Average close", "average_close")],
    };
  }, [result, symbol]);
  const title = symbol ? `Closing price of ${symbol} by day` : "Average closing price by month";
  return <Chart title={title} picture={picture} columns={symbol ? DAYS : MONTHS} rows={result.rows} />;
}

function Volume({ result, symbol }: { result: Result; symbol: string }) {
  const picture = useMemo<Picture>(
    () => ({
      kind: "series",
      unit: "Shares",
      format: formatCompact,
      labels: labelsOf(result, symbol),
      series: [{ label: "Volume", values: result.rows.map((row) => numberOf(row.volume)) }],
    }),
    [result, symbol],
  );
  const label = symbol ? "Day" : "Month";
  const columns: Column[] = [
    { ...((symbol ? DAYS : MONTHS)[0] as Column), label },
    { name: "volume", label: "Volume", isNumber: true, format: (value) => formatNumber(value) },
  ];
  return <Chart title={`Volume by ${label.toLowerCase()}`} picture={picture} columns={columns} rows={result.rows} />;
}

function Comparison({ ofTable, ofFiles }: { ofTable: Result; ofFiles: Answered }) {
  const table = ofTable.statistics;
  const files = ofFiles.state === "ready" ? ofFiles.result.statistics : null;
  const longest = Math.max(table.milliseconds, files?.milliseconds ?? 0, 1);
  const most = Math.max(table.scanned_bytes, files?.scanned_bytes ?? 0, 1);
  const waiting = ofFiles.state === "loading" ? "Asking the CSV files …" : "sentence" in ofFiles ? ofFiles.sentence : "";
  return (
    <>
      <table class="comparison">
        <caption class="unseen">Time and bytes of the query on the table and on the CSV files</caption>
        <thead>
          <tr>
            <th scope="col">Read from</th>
            <th scope="col">Time</th>
            <th scope="col">Bytes read</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Iceberg table</th>
            <Measure text={formatDuration(table.milliseconds)} share={table.milliseconds / longest} />
            <Measure text={formatBytes(table.scanned_bytes)} share={table.scanned_bytes / most} />
          </tr>
          {files && (
            <tr>
              <th scope="row">CSV files</th>
              <Measure text={formatDuration(files.milliseconds)} share={files.milliseconds / longest} />
              <Measure text={formatBytes(files.scanned_bytes)} share={files.scanned_bytes / most} />
            </tr>
          )}
        </tbody>
      </table>
      {files && table.scanned_bytes > 0 && (
        <p class="meaning">
          The table reads {formatNumber(files.scanned_bytes / table.scanned_bytes, 1)} times fewer bytes: it is stored by
          columns, and of its months only those that are asked for are opened.
        </p>
      )}
      {waiting && <p class="state" role="status">{waiting}</p>}
    </>
  );
}

function Measure({ text, share }: { text: string; share: number }) {
  return (
    <td>
      <span class="measure" style={{ width: `${Math.max(2, share * 100)}%` }} aria-hidden="true" />
      {text}
    </td>
  );
}

const numberOf = (value: Row[string] | undefined): number | null => (value === null || value === undefined ? null : Number(value));

const labelsOf = (result: Result, symbol: string): string[] =>
  result.rows.map((row) => (symbol ? String(row.trade_date) : yearMonth(row.year, row.month)));
