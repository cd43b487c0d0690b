/** Numbers, moments and sizes as people read them; decimals come as texts and stay exact. */
import type { Value } from "./api";

const LOCALE = "en-US";
/** The day before the month, and 24 hours. */
const LOCALE_OF_MOMENTS = "en-GB";
export const NOTHING = "–";

export function formatNumber(value: Value | undefined, digits = 0): string {
  if (value === null || value === undefined || value === "" || Number.isNaN(Number(value))) return NOTHING;
  const format = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return format.format(typeof value === "string" ? (value as `${number}`) : Number(value));
}

export function formatCompact(value: Value | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  return new Intl.NumberFormat(LOCALE, { notation: "compact", maximumSignificantDigits: 4 }).format(Number(value));
}

export function formatPercent(share: Value | undefined, digits = 1): string {
  if (share === null || share === undefined) return NOTHING;
  return new Intl.NumberFormat(LOCALE, {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(Number(share));
}

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

export function formatBytes(bytes: Value | undefined): string {
  if (bytes === null || bytes === undefined) return NOTHING;
  let size = Number(bytes);
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${formatNumber(size, unit && size < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${formatNumber(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${formatNumber(seconds, 1)} s`;
  return `${formatNumber(seconds / 60)} min`;
}

/** `22 Nov 2026, 08:15 UTC` of a moment in ISO 8601. */
export function formatMoment(moment: Value | undefined): string {
  const time = typeof moment === "string" ? Date.parse(moment) : NaN;
  if (Number.isNaN(time)) return NOTHING;
  const text = new Intl.DateTimeFormat(LOCALE_OF_MOMENTS, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(time);
  return `${text} UTC`;
}

/** `08:15:02.123` in UTC. */
export function formatTime(moment: Value | undefined): string {
  const time = typeof moment === "string" ? Date.parse(moment) : NaN;
  return Number.isNaN(time) ? NOTHING : new Date(time).toISOString().slice(11, 23);
}

/** How long ago a moment was: `just now`, `5 min ago`, `3 h ago`, `2 days ago`. */
export function formatAge(moment: Value | undefined, now = Date.now()): string {
  const minutes = (now - Date.parse(String(moment))) / 60_000;
  if (Number.isNaN(minutes)) return NOTHING;
  if (minutes < 1) return "just now";
  if (minutes < 120) return `${Math.floor(minutes)} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / 1440)} days ago`;
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

export const monthNames = MONTHS;

/** `2024-01` of a year and a month. */
export function yearMonth(year: Value | undefined, month: Value | undefined): string {
  return `${year}-${String(month).padStart(2, "0")}`;
}
