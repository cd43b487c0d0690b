import { afterEach, expect, it, vi } from "vitest";
import { getJson, type ProblemError, queryString, runQuery } from "../src/api";

const signal = new AbortController().signal;

function answers(...given: { status: number; body: unknown; headers?: Record<string, string> }[]) {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (address: string) => {
    asked.push(address);
    const { status, body, headers } = given[Math.min(asked.length, given.length) - 1]!;
    return new Response(JSON.stringify(body), { status, headers });
  });
  return asked;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("gives rows by the names of their columns", async () => {
  const asked = answers({
    status: 200,
    body: {
      columns: [{ name: "year", type: "integer" }, { name: "total", type: "decimal" }],
      rows: [[2024, "1.10"]],
      total_rows: 1,
      next_offset: null,
      statistics: {},
    },
  });
  const result = await runQuery("http://api", "sales", { year: 2024, month: "", symbol: null }, signal);
  expect(asked).toEqual(["http://api/queries/sales?year=2024"]);
  expect(result.rows).toEqual([{ year: 2024, total: "1.10" }]);
});

it("writes parameters so that nothing in them ends them", () => {
  expect(queryString({ symbol: "A&year=1'" })).toBe("?symbol=A%26year%3D1%27");
});

it("says what a problem document says", async () => {
  answers({ status: 400, body: { type: "urn:lakehouse:problem:parameter", detail: "year is wrong." } });
  const problem = (await getJson("http://api", signal).catch((error: unknown) => error)) as ProblemError;
  expect([problem.status, problem.kind, problem.message]).toEqual([400, "parameter", "year is wrong."]);
});

it("asks again when the API has too much to do, after the time that it says", async () => {
  vi.useFakeTimers();
  const asked = answers({ status: 429, body: {}, headers: { "retry-after": "2" } }, { status: 200, body: [1] });
  const found = getJson("http://api", signal);
  await vi.advanceTimersByTimeAsync(1900);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1200);
  expect(asked).toHaveLength(2);
  expect(await found).toEqual([1]);
});

it("says when the API cannot be reached", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("network");
  });
  await expect(getJson("http://api", signal)).rejects.toThrow("The API cannot be reached. Try again in a moment.");
});
