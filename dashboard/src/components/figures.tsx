/** A few numbers that matter most, above the pictures. */
import type { ComponentChildren } from "preact";

export interface Figure {
  label: string;
  value: ComponentChildren;
  note?: string;
  tone?: "good" | "bad";
}

export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <dl class="figures">
      {figures.map((figure) => (
        <div key={figure.label} class={figure.tone}>
          <dt>{figure.label}</dt>
          <dd>{figure.value}</dd>
          {figure.note && <dd class="note">{figure.note}</dd>}
        </div>
      ))}
    </dl>
  );
}
