/** The input as one looks at it: a picture, in its colours if it has some; a table's row; a signal's curves. */
import { useMemo } from "preact/hooks";
import { bytesOf, largest, type Tensor } from "../api/arrays";
import { Chart } from "../kit/Chart";
import { Grid } from "../kit/Grid";
import { short } from "../kit/numbers";
import { Table } from "../kit/Table";
import { Thumb } from "../kit/Thumb";
import { model } from "../state/model";
import { input } from "../state/pass";

interface Props {
  /** What the network received. */
  x: Tensor;
  width: number;
}

const MOST_ROWS = 12;
const COLOURS = ["--accent", "--below", "--above", "--good"];

export function Sample({ x, width }: Props) {
  const { shape, values } = x;
  const [rows = 1, cols = 1] = shape.slice(-2);
  if (shape.length === 1) return <Row of={x} />;
  if (shape.length === 2 && rows < 10 && cols > 4 * rows) return <Curves of={x} />;
  if (shape.length === 3 && shape[0] === 3 && typeof input.value?.image === "string") return <Colours image={input.value.image} shape={shape} />;
  return <Grid label={`The input, ${rows} × ${cols}`} values={values.subarray(0, rows * cols)} rows={rows} cols={cols} most={largest(values)} palette="ink" width={width}
    nameOf={({ row, col }) => `x[${shape.length === 3 ? "0," : ""}${row},${col}]`} />;
}

/** Of a table's row the numbers, by the columns' names. */
function Row({ of }: { of: Tensor }) {
  const names = model.value?.columns;
  const shown = Array.from(of.values.subarray(0, MOST_ROWS), (value, k) => ({ name: names?.[k] ?? `x[${k}]`, value }));
  const rest = of.values.length - shown.length;
  return (
    <>
      <Table caption="The input" rows={shown} columns={[{ head: "column", cell: ({ name }) => name }, { head: "value", cell: ({ value }) => short(value, 4), number: true }]} />
      {rest > 0 ? <p class="under">and {rest} more</p> : null}
    </>
  );
}

function Curves({ of: { shape, values } }: { of: Tensor }) {
  const [rows = 1, cols = 1] = shape;
  const x = useMemo(() => Array.from({ length: cols }, (_, k) => k), [cols]);
  const y = useMemo(() => Array.from({ length: rows }, (_, k) => values.subarray(k * cols, (k + 1) * cols)), [values, rows, cols]);
  const lines = y.map((_, k) => ({ label: `x[${k}]`, colour: COLOURS[k % COLOURS.length] ?? "--soft", dashed: k >= COLOURS.length }));
  return <Chart label="The input" summary={`A signal of ${rows} × ${cols} numbers.`} x={x} xLabel="j" yLabel="x" lines={lines} y={y} height={170} />;
}

function Colours({ image, shape }: { image: string; shape: readonly number[] }) {
  const bytes = useMemo(() => bytesOf(image), [image]);
  const [, rows = 1, cols = 1] = shape;
  return <div class="colours" role="img" aria-label={`The input, ${rows} × ${cols}, in colour`}><Thumb bytes={bytes} offset={0} shape={shape} /></div>;
}
