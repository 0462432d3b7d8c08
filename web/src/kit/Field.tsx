import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";

interface Shell {
  label: string;
  hint?: string | undefined;
}

/** A label above what it names. `children` is given the id that the label points to. */
export function Field({ label, hint, children }: Shell & { children: (id: string) => ComponentChildren }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id)}
      {hint === undefined ? null : <p class="hint">{hint}</p>}
    </div>
  );
}

interface NumberProps extends Shell {
  value: number;
  onChange: (value: number) => void;
  min?: number;
  max?: number;
  step?: number | "any";
}

/** While a reader types, `value` waits. */
export function NumberField({ label, hint, value, onChange, min, max, step }: NumberProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const take = (text: string): void => {
    setTyped(null);
    const given = Number(text);
    if (text.trim() !== "" && Number.isFinite(given)) onChange(given);
  };
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <input id={id} type="number" value={typed ?? value} min={min} max={max} step={step ?? "any"}
          onInput={(event) => { setTyped(event.currentTarget.value); }} onBlur={() => { setTyped(null); }}
          onChange={(event) => { take(event.currentTarget.value); }} />
      )}
    </Field>
  );
}

interface RangeProps extends Shell {
  value: number;
  text: string;
  onInput: (value: number) => void;
  min: number;
  max: number;
  step?: number;
}

/** A slider; `text` says its value, also to who listens. */
export function RangeField({ label, hint, value, text, onInput, min, max, step }: RangeProps) {
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <span class="range">
          <input id={id} type="range" value={value} min={min} max={max} step={step ?? 1} aria-valuetext={text}
            onInput={(event) => { onInput(event.currentTarget.valueAsNumber); }} />
          <output for={id}>{text}</output>
        </span>
      )}
    </Field>
  );
}

interface ChoiceProps<T extends string> extends Shell {
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}

export function ChoiceField<T extends string>({ label, hint, value, options, onChange }: ChoiceProps<T>) {
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <select id={id} value={value} onChange={(event) => { onChange(event.currentTarget.value as T); }}>
          {options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
        </select>
      )}
    </Field>
  );
}

interface SwitchProps {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
}

export function Switch({ label, on, onChange }: SwitchProps) {
  return (
    <label class="switch">
      <input type="checkbox" role="switch" checked={on} onChange={(event) => { onChange(event.currentTarget.checked); }} />
      <span>{label}</span>
    </label>
  );
}
