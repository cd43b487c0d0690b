/** Trades as they come: the largest moves of the day, and one symbol's last trades and minute bars. */
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import { getJson, ProblemError, type Row } from "../api";
import { Chart, type Picture } from "../components/chart";
import { Figures } from "../components/figures";
import { SymbolField } from "../components/filters";
import { Panel } from "../components/panel";
import { type Column, Table } from "../components/table";
import { formatCompact, formatNumber, formatPercent, formatTime } from "../format";
import { type Answered, ConfigContext, useAnswer } from "../queries";
import { hashOf, type Place, setFilters } from "../router";

const NO_TRADES = "No trades have come in today (UTC).";
const NO_STREAM = "Trades are not streamed here: the trades' stack is not deployed.";
const NOT_TRADED = "This symbol has not been traded.";
const EVERY_SECONDS = 2;
const MOVERS = 10;
const SHOWN_TRADES = 12;

interface Latest {
  symbol: string;
  price: number;
  traded_at: string;
  day: { date: string; open: number; high: number; low: number; close: number; volume: number; trade_count: number; change_share: number };
}
interface Bars {
  bars: ({ minute: string; open: number; high: number; low: number; close: number; volume: number; trade_count: number } & Row)[];
}
interface Movers {
  date: string;
  movers: ({ symbol: string; price: number; change_share: number; volume: number; trade_count: number } & Row)[];
}

const price = (value: Row[string]): string => formatNumber(value, 2);
const BARS: Column[] = [
  { name: "minute", label: "Minute (UTC)", format: (value) => String(value).slice(11, 16) },
  ...["open", "high", "low", "close"].map((name) => ({ name, label: (name[0] ?? "").toUpperCase() + name.slice(1), isNumber: true, format: price })),
  { name: "volume", label: "Volume", isNumber: true, format: (value) => formatNumber(value) },
  { name: "trade_count", label: "Trades", isNumber: true, format: (value) => formatNumber(value) },
];
const TRADES: Column[] = [
  { name: "traded_at", label: "Time (UTC)", format: (value) => formatTime(value) },
  { name: "price", label: "Price", isNumber: true, format: price },
];

export default function Live({ place }: { place: Place }) {
  const { tradesApi } = useContext(ConfigContext);
  if (!tradesApi) return <p class="state" role="status">{NO_STREAM}</p>;
  return <Trades api={tradesApi} place={place} />;
}

function Trades({ api, place }: { api: string; place: Place }) {
  const gains = useTrades<Movers>(`${api}/movers?direction=up&limit=${MOVERS}`);
  const losses = useTrades<Movers>(`${api}/movers?direction=down&limit=${MOVERS}`);
  const known = gains.state === "ready" ? gains.result.movers.map((mover) => mover.symbol) : [];
  const symbol = place.filters.symbol || known[0] || "";
  return (
    <>
      <div class="filters">
        <SymbolField value={symbol} symbols={known} onChange={(chosen) => setFilters(place, { symbol: chosen })} />
        <p class="pulse" role="status">
          {gains.state === "ready" && known.length > 0 ? `Asked every ${EVERY_SECONDS} s` : ""}
        </p>
      </div>
      <div class="panels">
        {symbol && <OneSymbol key={symbol} api={api} symbol={symbol} />}
        <Panel title="Largest gains today" answered={gains} empty={NO_TRADES} isEmpty={(result) => result.movers.length === 0}>
          {(result) => <MoversTable caption="Largest gains today" movers={result.movers} />}
        </Panel>
        <Panel title="Largest losses today" answered={losses} empty={NO_TRADES} isEmpty={(result) => result.movers.length === 0}>
          {(result) => <MoversTable caption="Largest losses today" movers={result.movers} />}
        </Panel>
      </div>
    </>
  );
}

function OneSymbol({ api, symbol }: { api: string; symbol: string }) {
  const path = `${api}/trades/${encodeURIComponent(symbol)}`;
  const latest = useTrades<Latest>(`${path}/latest`);
  const bars = useTrades<Bars>(`${path}/bars?limit=120`);
  return (
    <>
      <Panel title={`${symbol} by minute`} meaning="The last hour's bars: closing price and volume." answered={bars} empty={NOT_TRADED} isEmpty={(result) => result.bars.length === 0} isWide>
        {(result) => (
          <>
            {latest.state === "ready" && <Today latest={latest.result} />}
            <BarsChart symbol={symbol} bars={result.bars} />
          </>
        )}
      </Panel>
      <Panel title={`Trades of ${symbol}`} meaning="The last ones that this page has seen." answered={latest} empty={NOT_TRADED}>
        {(result) => <LastTrades symbol={symbol} latest={result} />}
      </Panel>
    </>
  );
}

function Today({ latest }: { latest: Latest }) {
  const { day } = latest;
  return (
    <Figures
      figures={[
        { label: "Last price", value: formatNumber(latest.price, 2), note: `${formatTime(latest.traded_at).slice(0, 8)} UTC` },
        { label: "Change today", value: formatPercent(day.change_share, 2), tone: day.change_share < 0 ? "bad" : "good" },
        { label: "Range today", value: `${formatNumber(day.low, 2)} – ${formatNumber(day.high, 2)}` },
        { label: "Trades today", value: formatNumber(day.trade_count), note: `volume ${formatCompact(day.volume)}` },
      ]}
    />
  );
}

function BarsChart({ symbol, bars }: { symbol: string; bars: Bars["bars"] }) {
  const picture = useMemo<Picture>(
    () => ({
      kind: "series",
      unit: "Price",
      format: (value) => formatNumber(value, 2),
      labels: bars.map((bar) => bar.minute.slice(11, 16)),
      series: [
        { label: "Close", kind: "line", values: bars.map((bar) => bar.close) },
        { label: "Volume", values: bars.map((bar) => bar.volume), rightAxis: "Volume" },
      ],
    }),
    [JSON.stringify(bars)],
  );
  return <Chart title={`Minute bars of ${symbol}`} picture={picture} columns={BARS} rows={[...bars].reverse()} />;
}

function LastTrades({ symbol, latest }: { symbol: string; latest: Latest }) {
  const [trades, setTrades] = useState<Row[]>([]);
  useEffect(() => {
    setTrades((before) =>
      before[0]?.traded_at === latest.traded_at ? before : [{ traded_at: latest.traded_at, price: latest.price }, ...before].slice(0, SHOWN_TRADES),
    );
  }, [latest.traded_at, latest.price]);
  return <Table caption={`Last trades of ${symbol}`} columns={TRADES} rows={trades} />;
}

function MoversTable({ caption, movers }: { caption: string; movers: Movers["movers"] }) {
  const columns: Column[] = [
    { name: "symbol", label: "Symbol", format: (value) => <a href={hashOf("live", { symbol: String(value) })}>{String(value)}</a> },
    { name: "price", label: "Price", isNumber: true, format: price },
    { name: "change_share", label: "Change", isNumber: true, format: (value) => <span class={Number(value) < 0 ? "down" : "up"}>{formatPercent(value, 2)}</span> },
    { name: "volume", label: "Volume", isNumber: true, format: formatCompact },
    { name: "trade_count", label: "Trades", isNumber: true, format: (value) => formatNumber(value) },
  ];
  return <Table caption={caption} columns={columns} rows={movers} />;
}

/** Asked again and again; a symbol or a day without trades is no failure. */
function useTrades<Content>(address: string): Answered<Content> {
  const answered = useAnswer(address, EVERY_SECONDS, async (signal) => {
    try {
      return { content: (await getJson(address, signal)) as Content };
    } catch (error) {
      if (error instanceof ProblemError && error.status === 404) return { content: null };
      throw error;
    }
  });
  if (answered.state !== "ready") return answered;
  const { content } = answered.result;
  return content === null ? { state: "empty", sentence: "" } : { state: "ready", result: content };
}
