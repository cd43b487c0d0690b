/** Tables that scroll by themselves on a small screen, and are sorted by the headings of their columns. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Row, Value } from "../api";

export interface Column {
  name: string;
  label: string;
  isNumber?: boolean;
  format?: (value: Value, row: Row) => ComponentChildren;
}

interface TableProps {
  caption: string;
  columns: Column[];
  rows: Row[];
  isSortable?: boolean;
}

export function Table({ caption, columns, rows, isSortable = false }: TableProps) {
  const [order, setOrder] = useState<{ name: string; isDescending: boolean } | null>(null);
  const shown = order ? sorted(rows, order.name, order.isDescending) : rows;
  const sortBy = (column: Column): void =>
    setOrder((before) => ({
      name: column.name,
      isDescending: before?.name === column.name ? !before.isDescending : Boolean(column.isNumber),
    }));
  return (
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                class={column.isNumber ? "number" : undefined}
                aria-sort={order?.name === column.name ? (order.isDescending ? "descending" : "ascending") : undefined}
              >
                {isSortable ? (
                  <button type="button" onClick={() => sortBy(column)}>
                    {column.label}
                    <span aria-hidden="true">{order?.name === column.name ? (order.isDescending ? " ↓" : " ↑") : ""}</span>
                  </button>
                ) : (
                  column.label
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, place) => (
            <tr key={place}>
              {columns.map((column) => (
                <td key={column.name} class={column.isNumber ? "number" : undefined}>
                  {column.format ? column.format(row[column.name] ?? null, row) : (row[column.name] ?? "–")}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Numbers by their size, also those that are texts; what is not there comes last. */
export function sorted(rows: Row[], name: string, isDescending: boolean): Row[] {
  const sign = isDescending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [left, right] = [one[name] ?? null, other[name] ?? null];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    const difference = Number(left) - Number(right);
    return sign * (Number.isNaN(difference) ? String(left).localeCompare(String(right)) : difference);
  });
}
