/** Lines over x, by uPlot; with a sentence for who cannot see them. */
import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { theme } from "../state/theme";
import { round, short } from "./numbers";

export interface Line {
  label: string;
  /** A custom property's name: "--accent". */
  colour: string;
  dashed?: boolean;
  width?: number;
  points?: boolean;
  /** Drawn across where there is no value. */
  spans?: boolean;
}

interface Props {
  label: string;
  /** In a sentence: what the lines show now. */
  summary: string;
  x: ArrayLike<number>;
  xLabel: string;
  yLabel: string;
  lines: readonly Line[];
  y: readonly ArrayLike<number | null | undefined>[];
  height?: number;
  logarithmic?: boolean;
  range?: readonly [number, number];
}

export function Chart(props: Props) {
  const { label, summary, x, y, height = 220 } = props;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot | null>(null);
  const kind = `${theme.value} ${height} ${props.logarithmic ?? false} ${props.lines.map((line) => line.label).join()}`;
  useEffect(() => {
    const at = place.current;
    if (at === null) return undefined;
    const made = new UPlot(options(props, at, height), dataOf(props), at);
    chart.current = made;
    const watcher = new ResizeObserver(() => { made.setSize({ width: at.clientWidth, height }); });
    watcher.observe(at);
    return () => {
      watcher.disconnect();
      made.destroy();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- made anew only where it looks another way
  }, [kind]);
  useEffect(() => { chart.current?.setData(dataOf(props)); }, [x, y]); // eslint-disable-line react-hooks/exhaustive-deps -- the rest makes another chart
  return (
    <figure class="chart" aria-label={label}>
      <div ref={place} aria-hidden="true" />
      <p class="unseen">{summary}</p>
    </figure>
  );
}

/** Steps between two numbers at the x axis: updates, as all that is counted there, are whole. */
const WHOLE = Array.from({ length: 24 }, (_, k) => ([1, 2, 5][k % 3] ?? 1) * 10 ** Math.floor(k / 3));

/** What a logarithmic axis shows: uPlot counts its powers of ten for ever where numbers are much smaller or larger. */
const [LEAST, MOST] = [1e-10, 1e12];

function dataOf({ x, y, logarithmic = false }: Props): UPlot.AlignedData {
  const seen = (value: number | null | undefined): number | null => (!value || value < 0 ? null : Math.max(LEAST, Math.min(value, MOST)));
  return [Array.from(x), ...y.map((of) => (logarithmic ? Array.from(of, seen) : Array.from(of)))];
}

/** Of a logarithmic axis that goes over many of them, the powers of ten. */
function powers(_: UPlot, at: number[]): (number | null)[] {
  const many = (at.at(-1) ?? 1) / (at[0] ?? 1) > 1e3;
  return at.map((value) => (many && Math.abs(Math.log10(value) % 1) > 1e-9 ? null : value));
}

function options(props: Props, at: HTMLElement, height: number): UPlot.Options {
  const style = getComputedStyle(at);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: colour("--soft"), font, labelFont: font, labelSize: 18, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const values = (_: UPlot, at: (number | null)[]): string[] => at.map((value) => (value === null ? "" : round(value)));
  return {
    width: at.clientWidth,
    height,
    legend: { live: true },
    cursor: { y: false },
    scales: { x: { time: false }, y: { distr: props.logarithmic === true ? 3 : 1, ...(props.range ? { range: [...props.range] } : {}) } },
    axes: [
      { ...axis, label: props.xLabel, size: 30, values, incrs: WHOLE },
      { ...axis, label: props.yLabel, values, size: 52, grid: { ...axis.grid, ...(props.logarithmic === true ? { filter: powers } : {}) } },
    ],
    series: [
      { label: props.xLabel },
      ...props.lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: line.width ?? 1.5,
        points: { show: line.points ?? ((_: UPlot, __: number, first: number, last: number) => last - first < 3) },
        spanGaps: line.spans ?? false,
        ...(line.dashed === true ? { dash: [4, 4] } : {}),
        value: (_: UPlot, value: number | null) => (value === null ? "–" : short(value, 4)),
      })),
    ],
  };
}
