import type { ComponentChildren } from "preact";

export interface Column<Row> {
  head: ComponentChildren;
  cell: (row: Row, place: number) => ComponentChildren;
  /** Set in tabular figures, to the right. */
  number?: boolean;
}

interface Props<Row> {
  /** Says what the table is, to who listens. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf?: (row: Row, place: number) => string | number;
  /** A row that stands out. */
  current?: (row: Row, place: number) => boolean;
  foot?: ComponentChildren;
}

export function Table<Row>({ caption, columns, rows, keyOf, current, foot }: Props<Row>) {
  const kind = (column: Column<Row>): string | undefined => (column.number === true ? "number" : undefined);
  return (
    <table class="table">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>{columns.map((column, k) => <th key={k} scope="col" class={kind(column)}>{column.head}</th>)}</tr>
      </thead>
      <tbody>
        {rows.map((row, place) => (
          <tr key={keyOf?.(row, place) ?? place} class={current?.(row, place) === true ? "current" : undefined}>
            {columns.map((column, k) => <td key={k} class={kind(column)}>{column.cell(row, place)}</td>)}
          </tr>
        ))}
      </tbody>
      {foot === undefined ? null : <tfoot>{foot}</tfoot>}
    </table>
  );
}
