import { fireEvent, render, screen } from "@testing-library/preact";
import { cleanup } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SymbolField } from "../src/components/filters";
import { Panel } from "../src/components/panel";
import { sorted, Table } from "../src/components/table";

afterEach(cleanup);

const statistics = { milliseconds: 61, scanned_bytes: 8300, answered_at: "2026-11-22T08:05:00Z", is_reused: false };
const ready = (rows: Record<string, number>[]) => ({
  state: "ready" as const,
  result: { rows, totalRows: rows.length, nextOffset: null, statistics },
});

describe("a panel", () => {
  it("says that it waits", () => {
    render(<Panel title="Sales" answered={{ state: "loading" }} empty="None.">{() => "rows"}</Panel>);
    expect(screen.getByRole("status").textContent).toBe("Asking the lake …");
  });
  it("shows what was answered, and what it cost", () => {
    const { container } = render(<Panel title="Sales" answered={ready([{ year: 1 }])} empty="None.">{() => "rows"}</Panel>);
    expect(container.textContent).toContain("rows");
    expect(container.textContent).toContain("61 ms, 8.3 KB read, as of 22 Nov 2026, 08:05 UTC");
  });
  it("says what to do where there are no rows", () => {
    render(<Panel title="Sales" answered={ready([])} empty="Nothing has been sold.">{() => "rows"}</Panel>);
    expect(screen.getByRole("status").textContent).toBe("Nothing has been sold.");
  });
  it("says why it failed, and tries again", () => {
    const retry = vi.fn();
    render(<Panel title="Sales" answered={{ state: "failed", sentence: "The query failed.", retry }} empty="None.">{() => "rows"}</Panel>);
    expect(screen.getByRole("alert").textContent).toContain("The query failed.");
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(retry).toHaveBeenCalledOnce();
  });
});

describe("a table", () => {
  const rows = [{ name: "b", total: "9.5" }, { name: "a", total: "10" }, { name: "c", total: null }];
  it("is sorted by numbers that are texts, what is missing last", () => {
    expect(sorted(rows, "total", false).map((row) => row.name)).toEqual(["b", "a", "c"]);
    expect(sorted(rows, "total", true).map((row) => row.name)).toEqual(["a", "b", "c"]);
    expect(sorted(rows, "name", false).map((row) => row.name)).toEqual(["a", "b", "c"]);
  });
  it("tells how it is sorted", () => {
    render(<Table caption="Totals" columns={[{ name: "total", label: "Total", isNumber: true }]} rows={rows} isSortable />);
    fireEvent.click(screen.getByRole("button", { name: "Total" }));
    expect(screen.getByRole("columnheader").getAttribute("aria-sort")).toBe("descending");
  });
});

it("takes a symbol that is typed in small letters", () => {
  const choose = vi.fn();
  render(<SymbolField value="" symbols={[]} isOptional onChange={choose} />);
  const field = screen.getByLabelText("Symbol");
  fireEvent.input(field, { target: { value: " aapl " } });
  fireEvent.submit(field.closest("form") as HTMLFormElement);
  expect(choose).toHaveBeenCalledWith("AAPL");
});
