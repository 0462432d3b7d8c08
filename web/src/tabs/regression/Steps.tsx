/** dL/dw_k, step by step, around the one that is shown. */
import type { Path } from "../../api/regression";
import { short, signed } from "../../kit/numbers";
import { type Column, Table } from "../../kit/Table";
import { sub } from "./Plane";

const ROWS = 7;

interface Props {
  title: string;
  path: Path;
  step: number;
}

export function Steps({ title, path, step }: Props) {
  const at = Math.min(step, path.w.length - 1);
  const first = Math.max(0, Math.min(at - Math.floor(ROWS / 2), path.w.length - ROWS));
  const rows = Array.from({ length: Math.min(ROWS, path.w.length) }, (_, k) => first + k);
  const count = path.w[0]?.length ?? 0;
  const columns: Column<number>[] = [
    { head: "Step", cell: (row) => row, number: true },
    { head: "L", cell: (row) => short(path.loss[row] ?? NaN, 4), number: true },
    ...Array.from({ length: count }, (_, k): Column<number> => ({
      head: <>∂L/∂w{sub(k)}</>, cell: (row) => (path.gradient[row] === undefined ? "" : signed(path.gradient[row][k] ?? NaN)), number: true,
    })),
  ];
  const foot = (
    <tr>
      <th scope="row" class="number" colSpan={2}>w now</th>
      {Array.from({ length: count }, (_, k) => <td key={k} class="number">{signed(path.w[at]?.[k] ?? NaN)}</td>)}
    </tr>
  );
  return (
    <section class="steps">
      <h3>{title}</h3>
      <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, step by step`}>
        <Table caption={`${title}: the gradient of each step`} columns={columns} rows={rows} keyOf={(row) => row} current={(row) => row === at} foot={foot} />
      </div>
    </section>
  );
}
