/** Samples as pictures, with what they are and what they were taken for; each opens in Back propagation. */
import { useMemo } from "preact/hooks";
import { bytesOf } from "../../api/arrays";
import type { Samples } from "../../api/evaluation";
import { percent, short } from "../../kit/numbers";
import { Thumb } from "../../kit/Thumb";
import { go } from "../../state/place";

interface Props {
  samples: Samples;
  classes: readonly string[] | null;
}

export function Gallery({ samples, classes }: Props) {
  const { pictures } = samples;
  const bytes = useMemo(() => (pictures === null ? null : bytesOf(pictures.pixels)), [pictures]);
  if (samples.number.length === 0) return <p class="empty">There are none.</p>;
  const size = pictures?.shape.reduce((product, n) => product * n, 1) ?? 0;
  const name = (k: number | number[]): string => (typeof k === "number" ? (classes?.[k] ?? short(k)) : k.map((of) => short(of)).join(", "));
  const open = (place: number): void => {
    const t = samples.t[place];
    go({ tab: "back", image: `test:${samples.number[place] ?? 0}`, t: typeof t === "number" ? t : null, step: null, unit: null, view: null });
  };
  return (
    <ol class={pictures === null ? "gallery plain" : "gallery"}>
      {samples.number.map((number, k) => {
        const [t, p] = [name(samples.t[k] ?? 0), name(samples.predicted[k] ?? 0)];
        const sure = samples.probability?.[k];
        const said = sure === undefined ? `loss ${short(samples.loss[k] ?? 0)}` : percent(sure);
        return (
          <li key={number}>
            <button type="button" title={`Test sample ${number}: open in Back propagation`} onClick={() => { open(k); }}>
              {bytes === null || pictures === null ? <span class="number">{`sample ${number}`}</span> : <Thumb bytes={bytes} offset={k * size} shape={pictures.shape} />}
              <span class="said"><b>{t}</b>{t === p ? null : <><span><span class="unseen">taken for</span><span aria-hidden="true">→</span></span><i>{p}</i></>}<small>{said}</small></span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
