import { percent } from "./numbers";

interface Props {
  label: string;
  names: readonly string[];
  values: readonly number[];
  /** The longest bar's value; 1 for probabilities. */
  most?: number;
  format?: (value: number) => string;
  best?: number | null;
  truth?: number | null;
  onChoose?: (place: number) => void;
}

/** A horizontal bar a class, with its number. */
export function Bars({ label, names, values, most = 1, format = percent, best, truth, onChoose }: Props) {
  const kinds = (k: number): string => ["bar", k === best ? "best" : "", k === truth ? "true" : ""].join(" ").trim();
  return (
    <ol class="bars" aria-label={label}>
      {names.map((name, k) => {
        const value = values[k] ?? 0;
        const share = most > 0 ? Math.min(Math.abs(value) / most, 1) : 0;
        const line = (
          <>
            <span class="name">{name}</span>
            <span class="track"><i style={{ width: `${100 * share}%` }} /></span>
            <span class="value">{format(value)}</span>
          </>
        );
        if (onChoose === undefined) return <li key={name} class={kinds(k)}>{line}</li>;
        return (
          <li key={name} class={kinds(k)}>
            <button type="button" aria-pressed={k === truth} onClick={() => { onChoose(k); }}>{line}</button>
          </li>
        );
      })}
    </ol>
  );
}
