/** Transactions of the star schema: totals by customer, who is a key, and by month. */
import { useMemo, useState } from "preact/hooks";
import type { Result } from "../api";
import { Chart, type Picture } from "../components/chart";
import { Select, YearSelect } from "../components/filters";
import { Panel } from "../components/panel";
import { type Column, Table } from "../components/table";
import { formatCompact, formatMoment, formatNumber, yearMonth } from "../format";
import { useQuery } from "../queries";
import { type Place, setFilters } from "../router";

const NO_WAREHOUSE = "No transactions have been published yet. Run the DAG financial_warehouse_daily and they appear here.";
const ROWS_PER_PAGE = 20;
const CUSTOMERS: Column[] = [
  { name: "customer_key", label: "Customer" },
  { name: "transactions", label: "Transactions", isNumber: true, format: (value) => formatNumber(value) },
  { name: "total_amount", label: "Total amount", isNumber: true, format: (value) => formatNumber(value, 2) },
  { name: "last_transaction_at", label: "Last transaction", format: (value) => formatMoment(value) },
];
const MONTHS: Column[] = [
  { name: "month", label: "Month", format: (_, row) => yearMonth(row.year, row.month) },
  { name: "transaction_type", label: "Type" },
  { name: "transaction_count", label: "Transactions", isNumber: true, format: (value) => formatNumber(value) },
  { name: "total_amount", label: "Total amount", isNumber: true, format: (value) => formatNumber(value, 2) },
];

export default function Warehouse({ place }: { place: Place }) {
  const currencies = useQuery("warehouse-currencies");
  const years = useQuery("warehouse-years");
  const known = currencies.state === "ready" ? currencies.result.rows.map((row) => String(row.currency_code)) : [];
  const currency = place.filters.currency || known[0] || "";
  const { year = "" } = place.filters;
  const months = useQuery(currency ? "warehouse-months" : null, { currency, year, limit: 10000 });
  const isReady = currencies.state === "ready" && known.length > 0;
  return (
    <>
      <div class="filters">
        <Select
          label="Currency"
          value={currency}
          options={known.map((code) => ({ value: code, label: code }))}
          onChange={(chosen) => setFilters(place, { currency: chosen })}
        />
        <YearSelect
          years={years.state === "ready" ? years.result.rows.map((row) => Number(row.year)) : []}
          value={year}
          all="All years"
          onChange={(chosen) => setFilters(place, { year: chosen })}
        />
      </div>
      <div class="panels">
        <Panel title="Transactions by month" answered={isReady ? months : currencies} empty={NO_WAREHOUSE}>
          {(result) => <ByMonth result={result} name="transaction_count" unit="Transactions" isStacked />}
        </Panel>
        <Panel title={`Amounts by month${currency && `, ${currency}`}`} answered={isReady ? months : currencies} empty={NO_WAREHOUSE}>
          {(result) => <ByMonth result={result} name="total_amount" unit={currency} />}
        </Panel>
        {isReady ? (
          <Customers key={`${currency} ${year}`} currency={currency} year={year} />
        ) : (
          <Panel title="Customers" answered={currencies} empty={NO_WAREHOUSE} isWide>
            {() => null}
          </Panel>
        )}
      </div>
    </>
  );
}

function Customers({ currency, year }: { currency: string; year: string }) {
  const [offset, setOffset] = useState(0);
  const answered = useQuery("warehouse-customers", { currency, year, limit: ROWS_PER_PAGE, offset });
  return (
    <Panel
      title={`Customers by total amount, ${currency}`}
      meaning="A customer is a key: names and addresses stay where they are."
      answered={answered}
      empty={NO_WAREHOUSE}
      isWide
    >
      {(result) => (
        <>
          <Table caption={`Customers by total amount in ${currency}`} columns={CUSTOMERS} rows={result.rows} />
          <nav class="pages" aria-label="Pages of customers">
            <button type="button" disabled={offset === 0} onClick={() => setOffset(offset - ROWS_PER_PAGE)}>
              Previous
            </button>
            <span>
              {formatNumber(offset + 1)} to {formatNumber(offset + result.rows.length)} of {formatNumber(result.totalRows)}
            </span>
            <button type="button" disabled={result.nextOffset === null} onClick={() => setOffset(offset + ROWS_PER_PAGE)}>
              Next
            </button>
          </nav>
        </>
      )}
    </Panel>
  );
}

function ByMonth({ result, name, unit, isStacked = false }: { result: Result; name: string; unit: string; isStacked?: boolean }) {
  const picture = useMemo<Picture>(() => {
    const months = [...new Set(result.rows.map((row) => yearMonth(row.year, row.month)))];
    const types = [...new Set(result.rows.map((row) => String(row.transaction_type)))].sort();
    const found = new Map(result.rows.map((row) => [`${yearMonth(row.year, row.month)} ${row.transaction_type}`, Number(row[name])]));
    return {
      kind: "series",
      unit,
      format: formatCompact,
      labels: months,
      series: types.map((type) => ({
        label: type,
        kind: isStacked ? "bar" : "line",
        values: months.map((month) => found.get(`${month} ${type}`) ?? null),
      })),
      isStacked,
    };
  }, [result, name, unit, isStacked]);
  return <Chart title={`${unit} by month and type`} picture={picture} columns={MONTHS} rows={result.rows} />;
}
