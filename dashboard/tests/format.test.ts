import { describe, expect, it } from "vitest";
import { formatAge, formatBytes, formatDuration, formatMoment, formatNumber, formatPercent, formatTime, yearMonth } from "../src/format";

describe("numbers", () => {
  it("keep every digit of a decimal that is a text", () => {
    expect(formatNumber("99999999999999999.99", 2)).toBe("99,999,999,999,999,999.99");
  });
  it("that are not there are a dash", () => {
    expect([formatNumber(null), formatNumber(undefined), formatNumber(""), formatPercent(null), formatBytes(null)]).toEqual(
      Array(5).fill("–"),
    );
  });
  it("say shares in percent", () => {
    expect(formatPercent(-0.1234)).toBe("-12.3%");
  });
});

describe("sizes and durations", () => {
  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [8300, "8.3 KB"],
    [123_456_789, "123 MB"],
  ])("%d is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
  it.each([
    [61, "61 ms"],
    [1500, "1.5 s"],
    [300_000, "5 min"],
  ])("%d ms are %s", (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));
});

describe("moments", () => {
  it("are in UTC", () => {
    expect(formatMoment("2026-11-22T08:05:00+02:00")).toBe("22 Nov 2026, 06:05 UTC");
    expect(formatTime("2026-11-22T08:05:01.002Z")).toBe("08:05:01.002");
    expect(formatMoment("never")).toBe("–");
  });
  it.each([
    [30, "just now"],
    [300, "5 min ago"],
    [7300, "2 h ago"],
    [3 * 86_400, "3 days ago"],
  ])("of %d seconds before are %s", (seconds, text) => {
    const now = Date.parse("2026-11-22T08:00:00Z");
    expect(formatAge(new Date(now - seconds * 1000).toISOString(), now)).toBe(text);
  });
  it("have months of two digits", () => expect(yearMonth(2024, 3)).toBe("2024-03"));
});
