/** Which page is open, and its filters, by the address's hash: `#/stocks?symbol=AAPL&year=2024`. */
import { useEffect, useState } from "preact/hooks";

export interface Place {
  page: string;
  filters: Record<string, string>;
}

export function readPlace(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { page: path.split("/")[0] ?? "", filters: Object.fromEntries(new URLSearchParams(query)) };
}

export function hashOf(page: string, filters: Record<string, string> = {}): string {
  const given = Object.entries(filters).filter(([, value]) => value !== "");
  return `#/${page}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => readPlace(location.hash));
  useEffect(() => {
    const follow = (): void => setPlace(readPlace(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return place;
}

/** Change filters of the open page; an empty one goes. The address can be sent to somebody. */
export function setFilters(place: Place, changes: Record<string, string>): void {
  location.hash = hashOf(place.page, { ...place.filters, ...changes });
}
