/** Precision, recall and F1 of each class. */
import type { Score } from "../../api/evaluation";
import { percent, whole } from "../../kit/numbers";
import { type Column, Table } from "../../kit/Table";

const part = (value: number | null): string => (value === null ? "–" : percent(value));

const COLUMNS: readonly Column<Score>[] = [
  { head: "Class", cell: (row) => row.class },
  { head: "Recall", cell: (row) => part(row.recall), number: true },
  { head: "Precision", cell: (row) => part(row.precision), number: true },
  { head: "F1", cell: (row) => part(row.f1), number: true },
  { head: "Samples", cell: (row) => whole(row.support), number: true },
];

export function Scores({ rows }: { rows: readonly Score[] }) {
  return (
    <section class="scores" aria-labelledby="scores-title">
      <h3 id="scores-title">Class by class</h3>
      <p class="hint">Recall: how much of the class was found. Precision: how much of what was taken for the class belongs to it.</p>
      <Table caption="Scores of each class" columns={COLUMNS} rows={rows} keyOf={(row) => row.class} />
    </section>
  );
}
