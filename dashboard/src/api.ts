/** Requests to the APIs: named queries, and problem documents (RFC 9457) for what went wrong. */

export type Value = string | number | boolean | null;
export type Row = Record<string, Value>;
export type Parameters = Record<string, string | number | null | undefined>;

export interface Statistics {
  milliseconds: number;
  scanned_bytes: number;
  answered_at: string;
  is_reused: boolean;
}

export interface Result {
  rows: Row[];
  totalRows: number;
  nextOffset: number | null;
  statistics: Statistics;
}

interface Answer {
  columns: { name: string; type: string }[];
  rows: Value[][];
  total_rows: number;
  next_offset: number | null;
  statistics: Statistics;
}

/** Why there is no answer; `kind` is the end of the problem's type. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

const MOST_TRIES = 5;
/** A request that came to nothing because much was asked at once is made again. */
const PASSING = new Set([429, 500, 502, 503, 504]);

export async function runQuery(base: string, name: string, parameters: Parameters, signal: AbortSignal): Promise<Result> {
  const answer = (await getJson(`${base}/queries/${name}${queryString(parameters)}`, signal)) as Answer;
  return {
    rows: answer.rows.map((row) => Object.fromEntries(answer.columns.map((column, place) => [column.name, row[place] ?? null]))),
    totalRows: answer.total_rows,
    nextOffset: answer.next_offset,
    statistics: answer.statistics,
  };
}

export function queryString(parameters: Parameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

export async function getJson(address: string, signal: AbortSignal): Promise<unknown> {
  for (let tries = 1; ; tries += 1) {
    const response = await request(address, signal);
    if (response.ok) return response.json();
    if (!PASSING.has(response.status) || tries === MOST_TRIES) throw await problemOf(response);
    await pause(waitOf(response, tries), signal);
  }
}

async function request(address: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(address, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ProblemError(0, "unreachable", "The API cannot be reached. Try again in a moment.");
  }
}

async function problemOf(response: Response): Promise<ProblemError> {
  const document = (await response.json().catch(() => ({}))) as { type?: string; title?: string; detail?: string };
  const sentence = document.detail ?? `The API answered with status ${response.status}.`;
  return new ProblemError(response.status, document.type?.split(":").pop() ?? "", sentence);
}

/** Milliseconds: what Retry-After asks for, else longer each time, never the same for two clients. */
function waitOf(response: Response, tries: number): number {
  const asked = Number(response.headers.get("retry-after"));
  return (asked > 0 ? asked * 1000 : 200 * 2 ** tries) * (1 + Math.random() / 2);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
