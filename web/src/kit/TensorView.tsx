/** A tensor: one of its matrices large, cell by cell, and above it all of them at a glance. */
import { largest, placeOf, type Tensor } from "../api/arrays";
import type { Palette } from "./colours";
import { Grid } from "./Grid";
import { mean } from "./legend";
import { Mosaic, type Patch } from "./Mosaic";
import { shapeText, short } from "./numbers";
import { cellOf, countOf, indexIn, offsetOf, sheetOf } from "./sheet";

export interface Seen {
  /** First and last index of what is outlined. */
  from: number[];
  to: number[];
}

interface Props {
  /** What it is, for the eye and for who listens. */
  title: string;
  tensor: Tensor;
  width: number;
  palette?: Palette;
  most?: number;
  /** The place of the matrix that is shown large. */
  chosen: number;
  onChoose: (place: number) => void;
  selected?: readonly number[] | null;
  seen?: Seen | null;
  hatched?: ((place: number) => boolean) | undefined;
  ringed?: ((place: number) => boolean) | undefined;
  /** A short vector's names, instead of its indices. */
  names?: readonly string[] | null;
  onInspect?: (index: number[]) => void;
  onLook?: (index: number[] | null) => void;
}

export function TensorView(props: Props) {
  const { title, tensor, width, palette = "diverging", onInspect, onLook, names } = props;
  const { shape, values } = tensor;
  const sheet = sheetOf(shape);
  const count = countOf(sheet);
  const chosen = Math.min(props.chosen, count - 1);
  const lead = leadOf(chosen, sheet.lead);
  const offset = offsetOf(sheet, lead);
  const most = props.most ?? largest(values);
  const at = props.selected ? cellOf(shape, props.selected) : null;
  const here = at !== null && placeOf(at.lead, sheet.lead) === chosen ? at : null;
  const which = sheet.lead.length > 0 ? `[${lead.join(",")}]` : "";
  const short1 = sheet.cols === 1 && shape.length === 1;
  const shared = { most, palette, label: `${title}${which}, ${shapeText([sheet.rows, sheet.cols])}` };
  const within = (of?: (place: number) => boolean) => of && ((place: number) => of(offset + place));
  return (
    <div class="tensor">
      {count === 1 ? null : (
        <Mosaic label={`Which of ${title}`} values={values} count={count} rows={sheet.rows} cols={sheet.cols} most={most}
          palette={palette} chosen={chosen} onChoose={props.onChoose} patch={patchOf(props.seen, sheet.lead)} />
      )}
      <div class={short1 ? "named" : undefined}>
        {short1 ? <ol class="names" aria-hidden="true">{Array.from(values, (_, k) => <li key={k}>{names?.[k] ?? k}</li>)}</ol> : null}
        <Grid {...shared} values={values.subarray(offset, offset + sheet.size)} rows={sheet.rows} cols={sheet.cols}
          width={short1 ? Math.min(width, 96) : width} {...(short1 ? { height: 24 * sheet.rows } : {})}
          numbers={short1 || width / sheet.cols > 40} hatched={within(props.hatched)} ringed={within(props.ringed)}
          outlines={outlineOf(props.seen, lead)} selected={here}
          nameOf={({ row, col }) => `${title}[${indexIn(shape, lead, row, col).join(",")}]`}
          {...(onInspect ? { onInspect: ({ row, col }) => { onInspect(indexIn(shape, lead, row, col)); } } : {})}
          onLook={(cell) => {
            mean(title, most);
            onLook?.(cell === null ? null : indexIn(shape, lead, cell.row, cell.col));
          }} />
      </div>
      <p class="under"><span>{`${title}${which}`}</span> <span>{shapeText(shape)}</span> <span>± {short(most, 2)}</span></p>
    </div>
  );
}

function leadOf(place: number, sizes: readonly number[]): number[] {
  return sizes.toReversed().reduce<{ rest: number; lead: number[] }>(
    ({ rest, lead }, n) => ({ rest: Math.floor(rest / n), lead: [rest % n, ...lead] }), { rest: place, lead: [] },
  ).lead;
}

function outlineOf(seen: Seen | null | undefined, lead: readonly number[]) {
  if (!seen || seen.from.length < 2) return [];
  const [top = 0, left = 0] = seen.from.slice(-2);
  const [bottom = 0, right = 0] = seen.to.slice(-2);
  const inside = lead.every((i, axis) => i >= (seen.from[axis] ?? 0) && i <= (seen.to[axis] ?? 0));
  return inside ? [{ row: top, col: left, rows: bottom - top + 1, cols: right - left + 1 }] : [];
}

function patchOf(seen: Seen | null | undefined, sizes: readonly number[]): Patch | null {
  if (!seen || sizes.length !== 1) return null;
  const [first = 0, row = 0, col = 0] = seen.from;
  const [last = 0, bottom = 0, right = 0] = seen.to;
  return { first, last, row, col, rows: bottom - row + 1, cols: right - col + 1 };
}
