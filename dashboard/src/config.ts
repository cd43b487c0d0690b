/** Where the site finds its APIs: config.json, which the deployment writes beside index.html. */
export interface Config {
  /** Base address of the dashboard's API. */
  dashboardApi: string;
  /** Base address of the trades' API; null where no trades are streamed. */
  tradesApi: string | null;
  /** What the key of a page of the Data Docs is appended to. */
  dataDocs: string | null;
}

export async function loadConfig(): Promise<Config> {
  const response = await fetch("./config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error("The site was deployed without config.json: deploy it again.");
  const given = (await response.json()) as Partial<Config>;
  if (!given.dashboardApi) throw new Error("config.json has no dashboardApi: deploy the site again.");
  return {
    dashboardApi: withoutSlash(given.dashboardApi),
    tradesApi: given.tradesApi ? withoutSlash(given.tradesApi) : null,
    dataDocs: given.dataDocs ?? null,
  };
}

const withoutSlash = (address: string): string => address.replace(/\/+$/, "");
