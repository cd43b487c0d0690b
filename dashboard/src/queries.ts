/** What a component knows of a query: it waits, has an answer, or a sentence why there is none. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { type Parameters, ProblemError, type Result, runQuery } from "./api";
import type { Config } from "./config";

export type Answered<Content = Result> =
  | { state: "loading" }
  | { state: "ready"; result: Content }
  | { state: "empty"; sentence: string }
  | { state: "failed"; sentence: string; retry: () => void };

export const ConfigContext = createContext<Config>({ dashboardApi: "", tradesApi: null, dataDocs: null });

/** Asks when name or parameters change; without a name nothing is asked. */
export function useQuery(name: string | null, parameters: Parameters = {}, everySeconds = 0): Answered {
  const { dashboardApi } = useContext(ConfigContext);
  const key = JSON.stringify([name, parameters]);
  return useAnswer(key, everySeconds, async (signal) =>
    name ? runQuery(dashboardApi, name, parameters, signal) : null,
  );
}

/** The answer of `ask`, which is asked again when the key changes, and every so many seconds; null means to wait. */
export function useAnswer<Content>(
  key: string,
  everySeconds: number,
  ask: (signal: AbortSignal) => Promise<Content | null>,
): Answered<Content> {
  const [answered, setAnswered] = useState<{ key: string; value: Answered<Content> }>({ key, value: { state: "loading" } });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const retry = (): void => {
      setAnswered({ key, value: { state: "loading" } });
      setRound((before) => before + 1);
    };
    const look = async (): Promise<void> => {
      try {
        const result = await ask(stop.signal);
        if (result !== null) setAnswered({ key, value: { state: "ready", result } });
      } catch (error) {
        if (stop.signal.aborted) return;
        setAnswered({ key, value: failure(error, retry) });
      }
      if (everySeconds) timer = setTimeout(() => void look(), everySeconds * 1000);
    };
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, round, everySeconds]);
  return answered.key === key ? answered.value : { state: "loading" };
}

function failure(error: unknown, retry: () => void): Answered<never> {
  const sentence = error instanceof Error ? error.message : "The page cannot be shown.";
  if (error instanceof ProblemError && error.kind === "not-published") return { state: "empty", sentence };
  return { state: "failed", sentence, retry };
}
