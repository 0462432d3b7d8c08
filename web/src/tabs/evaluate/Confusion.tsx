/** The confusion matrix: a table of buttons, one of which the Tab key reaches, and arrows move from there. */
import { useRef, useState } from "preact/hooks";
import { moved } from "../../kit/keys";
import { whole } from "../../kit/numbers";
import { type CellAt, tints } from "./cells";

interface Props {
  classes: readonly string[];
  counts: readonly (readonly number[])[];
  chosen: CellAt | null;
  onChoose: (t: number, p: number) => void;
}

export function Confusion({ classes, counts, chosen, onChoose }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const [cursor, setCursor] = useState({ row: chosen?.[0] ?? 0, col: chosen?.[1] ?? 0 });
  const shades = tints(counts);
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = moved(event, cursor, classes.length, classes.length);
    if (next === null) return;
    event.preventDefault();
    setCursor(next);
    table.current?.querySelector<HTMLElement>(`[data-cell="${next.row},${next.col}"]`)?.focus();
  };
  return (
    <div class="scroll">
      <table class="confusion" ref={table} role="grid" style={{ "--classes": classes.length }} aria-label="Confusion matrix" onKeyDown={onKeyDown}>
        <thead>
          <tr>
            <th scope="col"><span class="unseen">true class</span></th>
            {classes.map((name) => <th key={name} scope="col">{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {counts.map((row, t) => (
            <tr key={classes[t]}>
              <th scope="row">{classes[t]}</th>
              {row.map((count, p) => (
                <td key={p} role="gridcell" class={t === p ? "right" : count === 0 ? "none" : "wrong"}>
                  <button type="button" data-cell={`${t},${p}`} tabIndex={t === cursor.row && p === cursor.col ? 0 : -1}
                    style={{ "--tint": shades[t]?.[p] ?? 0 }}
                    aria-pressed={chosen?.[0] === t && chosen[1] === p}
                    aria-label={`${classes[t] ?? ""} taken for ${classes[p] ?? ""}: ${whole(count)}`}
                    onFocus={() => { setCursor({ row: t, col: p }); }} onClick={() => { onChoose(t, p); }}>
                    {count === 0 ? "·" : whole(count)}
                  </button>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
