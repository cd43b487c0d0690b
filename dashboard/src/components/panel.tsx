/** A part of a page: its title, and either what was answered or one clear sentence. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Result, Statistics } from "../api";
import { formatBytes, formatDuration, formatMoment } from "../format";
import type { Answered } from "../queries";

interface PanelProps<Content> {
  title: string;
  meaning?: string;
  answered: Answered<Content>;
  /** What is said when the answer has no rows. */
  empty: string;
  isWide?: boolean;
  /** Whether the content tells itself what the answer cost. */
  tellsCost?: boolean;
  isEmpty?: (result: Content) => boolean;
  children: (result: Content) => ComponentChildren;
}

export function Panel<Content>(props: PanelProps<Content>) {
  const heading = useId();
  return (
    <section class={props.isWide ? "panel wide" : "panel"} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{props.title}</h2>
        {props.meaning && <p class="meaning">{props.meaning}</p>}
      </header>
      <Content {...props} />
    </section>
  );
}

function Content<Content>({ answered, empty, isEmpty = hasNoRows, tellsCost = false, children }: PanelProps<Content>) {
  if (answered.state === "loading") return <p class="state loading" role="status">Asking the lake …</p>;
  if (answered.state === "empty") return <p class="state" role="status">{empty}</p>;
  if (answered.state === "failed") {
    return (
      <p class="state failed" role="alert">
        {answered.sentence}{" "}
        <button type="button" onClick={answered.retry}>
          Try again
        </button>
      </p>
    );
  }
  const { result } = answered;
  if (isEmpty(result)) return <p class="state" role="status">{empty}</p>;
  const statistics = (result as { statistics?: Statistics }).statistics;
  return (
    <>
      {children(result)}
      {statistics && !tellsCost && <Cost statistics={statistics} />}
    </>
  );
}

const hasNoRows = (result: unknown): boolean => (result as Result).rows?.length === 0;

function Cost({ statistics }: { statistics: Statistics }) {
  const read = statistics.scanned_bytes ? `, ${formatBytes(statistics.scanned_bytes)} read` : "";
  return (
    <p class="cost">
      {formatDuration(statistics.milliseconds)}
      {read}, as of <time dateTime={statistics.answered_at}>{formatMoment(statistics.answered_at)}</time>
    </p>
  );
}
