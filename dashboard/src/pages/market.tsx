/** Prices of the market data API: four pictures, and the risk of each instrument in a calendar year. */
import { useMemo } from "preact/hooks";
import type { Result, Row } from "../api";
import { Chart, type Picture } from "../components/chart";
import { YearSelect } from "../components/filters";
import { Panel } from "../components/panel";
import { type Column, Table } from "../components/table";
import { formatCompact, formatNumber, formatPercent } from "../format";
import { useQuery } from "../queries";
import { type Place, setFilters } from "../router";

const NO_MARKET = "No market data has been published yet. Run the DAG market_data_daily and it appears here.";
const RISK_FREE = "0.04";

const percent = (value: Row[string]): string => formatPercent(value, 1);
const RISK: Column[] = [
  { name: "symbol", label: "Symbol" },
  { name: "currency_code", label: "Currency" },
  { name: "trading_days", label: "Days", isNumber: true, format: (value) => formatNumber(value) },
  { name: "return_share", label: "Return", isNumber: true, format: percent },
  { name: "annual_volatility", label: "Volatility, p.a.", isNumber: true, format: percent },
  { name: "largest_drawdown_share", label: "Largest drawdown", isNumber: true, format: percent },
  { name: "value_at_risk_share", label: "Value at risk, 95 %", isNumber: true, format: percent },
  { name: "sharpe_ratio", label: "Sharpe ratio", isNumber: true, format: (value) => formatNumber(value, 2) },
];

export default function Market({ place }: { place: Place }) {
  const years = useQuery("market-years");
  const known = years.state === "ready" ? years.result.rows.map((row) => Number(row.year)) : [];
  const year = place.filters.year || (known[0] ? String(known[0]) : "");
  const risk = useQuery(year ? "market-risk" : null, { year, risk_free: RISK_FREE });
  const hasNoYears = years.state === "ready" && known.length === 0;
  return (
    <div class="panels">
      <Panel title="Daily price change" meaning="Average of all instruments, last year, by currency." answered={useQuery("market-daily-change")} empty={NO_MARKET}>
        {(result) => <DailyChange result={result} />}
      </Panel>
      <Panel title="Price and volume" meaning="Each instrument in the last month; area by traded value." answered={useQuery("market-price-and-volume")} empty={NO_MARKET}>
        {(result) => <PriceAndVolume result={result} />}
      </Panel>
      <Panel title="Daily volume" meaning="All instruments, last year." answered={useQuery("market-daily-volume")} empty={NO_MARKET}>
        {(result) => <Volume result={result} label="Day" name="trade_date" />}
      </Panel>
      <Panel title="Monthly volume" meaning="All instruments." answered={useQuery("market-monthly-volume")} empty={NO_MARKET}>
        {(result) => <Volume result={result} label="Month" name="calendar_month" />}
      </Panel>
      <Panel
        title="Risk"
        meaning={`Of a calendar year, from daily returns; Sharpe ratio over a risk-free rate of ${formatPercent(RISK_FREE, 0)}.`}
        answered={years.state === "ready" && !hasNoYears ? risk : years}
        empty={NO_MARKET}
        isWide
      >
        {(result) => (
          <>
            <div class="filters">
              <YearSelect years={known} value={year} onChange={(chosen) => setFilters(place, { year: chosen })} />
            </div>
            <Table caption={`Risk of each instrument in ${year}`} columns={RISK} rows={result.rows} isSortable />
          </>
        )}
      </Panel>
    </div>
  );
}

function DailyChange({ result }: { result: Result }) {
  const picture = useMemo<Picture>(() => {
    const days = [...new Set(result.rows.map((row) => String(row.trade_date)))].sort();
    const currencies = [...new Set(result.rows.map((row) => String(row.currency_code)))].sort();
    const found = new Map(result.rows.map((row) => [`${row.trade_date} ${row.currency_code}`, Number(row.average_change_share)]));
    return {
      kind: "series",
      unit: "Change in percent",
      format: (value) => `${formatNumber(value, 2)} %`,
      labels: days,
      series: currencies.map((currency) => ({
        label: currency,
        kind: "line",
        values: days.map((day) => (found.get(`${day} ${currency}`) ?? Number.NaN) * 100).map((value) => (Number.isNaN(value) ? null : value)),
      })),
    };
  }, [result]);
  const columns: Column[] = [
    { name: "trade_date", label: "Day" },
    { name: "currency_code", label: "Currency" },
    { name: "average_change_share", label: "Average change", isNumber: true, format: (value) => formatPercent(value, 2) },
  ];
  return <Chart title="Daily price change" picture={picture} columns={columns} rows={result.rows} />;
}

const SMALLEST_POINT = 3;
const LARGEST_POINT = 16;

function PriceAndVolume({ result }: { result: Result }) {
  const picture = useMemo<Picture>(() => {
    const most = Math.max(...result.rows.map((row) => Number(row.traded_value)), 1);
    return {
      kind: "points",
      unit: "Average volume",
      xUnit: "Closing price",
      format: formatCompact,
      points: result.rows.map((row) => ({
        label: String(row.symbol),
        group: String(row.sector),
        x: Number(row.close),
        y: Number(row.average_volume),
        size: SMALLEST_POINT + (LARGEST_POINT - SMALLEST_POINT) * Math.sqrt(Number(row.traded_value) / most),
      })),
    };
  }, [result]);
  const columns: Column[] = [
    { name: "symbol", label: "Symbol" },
    { name: "sector", label: "Sector" },
    { name: "close", label: "Close", isNumber: true, format: (value, row) => `${formatNumber(value, 2)} ${row.currency_code}` },
    { name: "average_volume", label: "Average volume", isNumber: true, format: (value) => formatNumber(value) },
    { name: "traded_value", label: "Traded value", isNumber: true, format: formatCompact },
  ];
  return <Chart title="Price and average volume of each instrument" picture={picture} columns={columns} rows={result.rows} />;
}

function Volume({ result, label, name }: { result: Result; label: string; name: string }) {
  const picture = useMemo<Picture>(
    () => ({
      kind: "series",
      unit: "Units traded",
      format: formatCompact,
      labels: result.rows.map((row) => String(row[name])),
      series: [{ label: "Volume", values: result.rows.map((row) => Number(row.volume)) }],
    }),
    [result, name],
  );
  const columns: Column[] = [
    { name, label },
    { name: "volume", label: "Volume", isNumber: true, format: (value) => formatNumber(value) },
  ];
  return <Chart title={`Volume by ${label.toLowerCase()}`} picture={picture} columns={columns} rows={result.rows} />;
}
