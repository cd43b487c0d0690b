import { expect, it } from "vitest";
import { hashOf, readPlace } from "../src/router";

it("reads the page and its filters", () => {
  expect(readPlace("#/stocks?symbol=BRK.B&year=2024")).toEqual({ page: "stocks", filters: { symbol: "BRK.B", year: "2024" } });
  expect(readPlace("")).toEqual({ page: "", filters: {} });
});

it("writes what it reads, and leaves empty filters out", () => {
  const filters = { symbol: "A&B =", year: "" };
  expect(readPlace(hashOf("stocks", filters))).toEqual({ page: "stocks", filters: { symbol: "A&B =" } });
});
