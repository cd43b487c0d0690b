/** Controls that narrow down what a page shows. */
import { useId, useState } from "preact/hooks";
import { monthNames } from "../format";

interface SelectProps {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  onChange: (value: string) => void;
}

export function Select({ label, value, options, onChange }: SelectProps) {
  const id = useId();
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

const asOptions = (values: (string | number)[]): { value: string; label: string }[] =>
  values.map((value) => ({ value: String(value), label: String(value) }));

export function YearSelect({ years, value, all, onChange }: { years: number[]; value: string; all?: string; onChange: (value: string) => void }) {
  const known = value && !years.includes(Number(value)) ? [Number(value), ...years] : years;
  const options = [...(all ? [{ value: "", label: all }] : []), ...asOptions(known)];
  return <Select label="Year" value={value} options={options} onChange={onChange} />;
}

export function MonthSelect({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const months = monthNames.map((name, place) => ({ value: String(place + 1), label: name }));
  return <Select label="Month" value={value} options={[{ value: "", label: "All months" }, ...months]} onChange={onChange} />;
}

interface SymbolFieldProps {
  value: string;
  symbols: string[];
  /** Whether nothing may be chosen, which means all symbols. */
  isOptional?: boolean;
  onChange: (symbol: string) => void;
}

export function SymbolField({ value, symbols, isOptional = false, onChange }: SymbolFieldProps) {
  const id = useId();
  const [text, setText] = useState(value);
  const [given, setGiven] = useState(value);
  if (given !== value) {
    setGiven(value);
    setText(value);
  }
  const choose = (chosen: string): void => {
    const symbol = chosen.trim().toUpperCase();
    if (symbol !== value && (symbol || isOptional)) onChange(symbol);
  };
  return (
    <form
      class="filter"
      onSubmit={(event) => {
        event.preventDefault();
        choose(text);
      }}
    >
      <label for={id}>Symbol</label>
      <input
        id={id}
        list={`${id}-symbols`}
        value={text}
        placeholder={isOptional ? "All symbols" : ""}
        autocomplete="off"
        spellcheck={false}
        maxLength={32}
        onInput={(event) => {
          setText(event.currentTarget.value);
          if (symbols.includes(event.currentTarget.value)) choose(event.currentTarget.value);
        }}
        onBlur={() => choose(text)}
      />
      <datalist id={`${id}-symbols`}>
        {symbols.map((symbol) => (
          <option key={symbol} value={symbol} />
        ))}
      </datalist>
    </form>
  );
}
