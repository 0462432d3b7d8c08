import { theme } from "../state/theme";
import { LIFT, stops } from "./colours";
import { meaning } from "./legend";
import { short } from "./numbers";

/** One scale for the page: blue below zero, orange above, with the numbers of what is looked at. */
export function Legend() {
  const { label, most } = meaning.value;
  const marks: [number, number][] = [[0, -1], [50 * (1 - 0.25 ** LIFT), -0.25], [50, 0], [50 * (1 + 0.25 ** LIFT), 0.25], [100, 1]];
  return (
    <div class="legend" role="img" aria-label={`Colours of ${label}: blue from ${short(-most)}, neutral 0, orange up to ${short(most)}; an exact zero has a dot, what is blocked is hatched`}>
      <span class="legend-title">{label}</span>
      <span class="ramp">
        <i style={{ background: `linear-gradient(to right, ${stops("diverging", theme.value, 17).join(",")})` }} />
        {marks.map(([at, share]) => <b key={share} style={{ left: `${at}%` }}>{short(share * most, 2)}</b>)}
      </span>
      <span class="sign"><i class="dotted" /> exactly 0</span>
      <span class="sign"><i class="hatched" /> blocked</span>
    </div>
  );
}
