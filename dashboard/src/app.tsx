/** The frame of the site: where one is, and the page that is open. Each page is loaded when it is opened. */
import type { FunctionComponent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Config } from "./config";
import { ConfigContext } from "./queries";
import { hashOf, type Place, usePlace } from "./router";

type Page = FunctionComponent<{ place: Place }>;

const PAGES: Record<string, { title: string; load: () => Promise<{ default: Page }> }> = {
  stocks: { title: "Stocks", load: () => import("./pages/stocks") },
  market: { title: "Market", load: () => import("./pages/market") },
  live: { title: "Live", load: () => import("./pages/live") },
  sales: { title: "Sales", load: () => import("./pages/sales") },
  warehouse: { title: "Warehouse", load: () => import("./pages/warehouse") },
  health: { title: "Health", load: () => import("./pages/health") },
};
const FIRST = "stocks";

export function App({ config }: { config: Config }) {
  const place = usePlace();
  const name = place.page in PAGES ? place.page : FIRST;
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${PAGES[name]?.title} · Lakehouse`;
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [name]);
  return (
    <ConfigContext.Provider value={config}>
      <a class="skip" href="#content" onClick={(event) => skip(event, main.current)}>
        Skip to the content
      </a>
      <header class="bar">
        <p class="brand">
          <img src="./icon.svg" alt="" width="24" height="24" /> Lakehouse
        </p>
        <nav aria-label="Pages">
          <ul>
            {Object.entries(PAGES).map(([key, page]) => (
              <li key={key}>
                <a href={hashOf(key)} aria-current={key === name ? "page" : undefined}>
                  {page.title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main id="content" ref={main} tabIndex={-1}>
        <h1>{PAGES[name]?.title}</h1>
        <OpenPage key={name} name={name} place={{ ...place, page: name }} />
      </main>
      <footer>Times are in UTC. Numbers are those of the published tables.</footer>
    </ConfigContext.Provider>
  );
}

/** The hash is the open page, so the link moves the focus by itself. */
function skip(event: MouseEvent, target: HTMLElement | null): void {
  event.preventDefault();
  target?.focus();
}

function OpenPage({ name, place }: { name: string; place: Place }) {
  const [page, setPage] = useState<{ component: Page } | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    PAGES[name]?.load().then(
      (module) => setPage({ component: module.default }),
      () => setProblem("The page cannot be loaded. Load the site again."),
    );
  }, [name]);
  if (problem) return <p class="state failed" role="alert">{problem}</p>;
  if (!page) return <p class="state loading" role="status">Opening the page …</p>;
  const Component = page.component;
  return <Component place={place} />;
}
