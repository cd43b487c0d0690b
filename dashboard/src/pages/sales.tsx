/** Revenue and profit by year, region and type of items. */
import { useMemo } from "preact/hooks";
import type { Result, Row } from "../api";
import { Chart, type Picture } from "../components/chart";
import { Figures } from "../components/figures";
import { YearSelect } from "../components/filters";
import { Panel } from "../components/panel";
import type { Column } from "../components/table";
import { formatCompact, formatNumber, formatPercent } from "../format";
import { useQuery } from "../queries";
import { type Place, setFilters } from "../router";

const NO_SALES = "No sales have been published yet. Drop sales records into landing/sales/ and run regional_sales_daily.";

const money = (value: Row[string]): string => formatNumber(value, 2);
const SUMS: Column[] = [
  { name: "orders", label: "Orders", isNumber: true, format: (value) => formatNumber(value) },
  { name: "units_sold", label: "Units", isNumber: true, format: (value) => formatNumber(value) },
  { name: "total_revenue", label: "Revenue, USD", isNumber: true, format: money },
  { name: "total_profit", label: "Profit, USD", isNumber: true, format: money },
  {
    name: "profit_share",
    label: "Profit share",
    isNumber: true,
    format: (_, row) => formatPercent(Number(row.total_profit) / Number(row.total_revenue)),
  },
];

export default function Sales({ place }: { place: Place }) {
  const { year = "" } = place.filters;
  const byYear = useQuery("sales-by-year");
  const years = byYear.state === "ready" ? byYear.result.rows.map((row) => Number(row.year)).reverse() : [];
  const period = year ? `in ${year}` : "in all years";
  return (
    <>
      <div class="filters">
        <YearSelect years={years} value={year} all="All years" onChange={(chosen) => setFilters(place, { year: chosen })} />
      </div>
      <div class="panels">
        <Panel title="Revenue and profit by year" answered={byYear} empty={NO_SALES} isWide>
          {(result) => (
            <>
              <Totals rows={year ? result.rows.filter((row) => String(row.year) === year) : result.rows} />
              <RevenueAndProfit title="Revenue and profit by year" result={result} name="year" label="Year" />
            </>
          )}
        </Panel>
        <Panel title={`By region ${period}`} answered={useQuery("sales-by-region", { year })} empty={NO_SALES}>
          {(result) => <RevenueAndProfit title={`By region ${period}`} result={result} name="region" label="Region" isHorizontal />}
        </Panel>
        <Panel title={`By product ${period}`} answered={useQuery("sales-by-product", { year })} empty={NO_SALES}>
          {(result) => <RevenueAndProfit title={`By product ${period}`} result={result} name="item_type" label="Type of items" isHorizontal />}
        </Panel>
        <Panel title="Revenue of each region by year" answered={useQuery("sales-by-region-and-year")} empty={NO_SALES} isWide>
          {(result) => <RegionsByYear result={result} />}
        </Panel>
      </div>
    </>
  );
}

function Totals({ rows }: { rows: Row[] }) {
  const sum = (name: string): number => rows.reduce((total, row) => total + Number(row[name]), 0);
  const [revenue, profit] = [sum("total_revenue"), sum("total_profit")];
  return (
    <Figures
      figures={[
        { label: "Orders", value: formatNumber(sum("orders")) },
        { label: "Revenue", value: `$ ${formatCompact(revenue)}` },
        { label: "Profit", value: `$ ${formatCompact(profit)}` },
        { label: "Profit share", value: revenue ? formatPercent(profit / revenue) : "–" },
      ]}
    />
  );
}

interface RevenueProps {
  title: string;
  result: Result;
  name: string;
  label: string;
  isHorizontal?: boolean;
}

function RevenueAndProfit({ title, result, name, label, isHorizontal = false }: RevenueProps) {
  const picture = useMemo<Picture>(() => {
    const bars = (text: string, column: string) => ({ label: text, values: result.rows.map((row) => Number(row[column])) });
    return {
      kind: "series",
      unit: "US dollars",
      format: (value) => `$ ${formatCompact(value)}`,
      labels: result.rows.map((row) => String(row[name])),
      series: [bars("Revenue", "total_revenue"), bars("Profit", "total_profit")],
      isHorizontal,
    };
  }, [result, name, isHorizontal]);
  return <Chart title={title} picture={picture} columns={[{ name, label }, ...SUMS]} rows={result.rows} />;
}

function RegionsByYear({ result }: { result: Result }) {
  const picture = useMemo<Picture>(() => {
    const years = [...new Set(result.rows.map((row) => Number(row.year)))].sort();
    const regions = [...new Set(result.rows.map((row) => String(row.region)))];
    const found = new Map(result.rows.map((row) => [`${row.region} ${row.year}`, Number(row.total_revenue)]));
    return {
      kind: "series",
      unit: "US dollars",
      format: (value) => `$ ${formatCompact(value)}`,
      labels: years.map(String),
      series: regions.map((region) => ({
        label: region,
        kind: "line",
        values: years.map((year) => found.get(`${region} ${year}`) ?? null),
      })),
    };
  }, [result]);
  const columns: Column[] = [
    { name: "region", label: "Region" },
    { name: "year", label: "Year", isNumber: true },
    { name: "total_revenue", label: "Revenue, USD", isNumber: true, format: money },
  ];
  return <Chart title="Revenue of each region by year" picture={picture} columns={columns} rows={result.rows} />;
}
