import { percent } from "./numbers";

interface Props {
  label: string;
  names: readonly string[];
  /** Probabilities. */
  values: readonly number[];
  best?: number | null;
  truth?: number | null;
  onChoose?: (place: number) => void;
}

/** A horizontal bar a class, with its number. */
export function Bars({ label, names, values, best, truth, onChoose }: Props) {
  const kinds = (k: number): string => ["bar", k === best ? "best" : "", k === truth ? "true" : ""].join(" ").trim();
  return (
    <ol class="bars" aria-label={label}>
      {names.map((name, k) => {
        const value = values[k] ?? 0;
        const line = (
          <>
            <span class="name">{name}</span>
            <span class="track"><i style={{ width: `${100 * value}%` }} /></span>
            <span class="value">{percent(value)}</span>
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
