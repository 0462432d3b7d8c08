/** Where both descents begin, by its numbers, for who does not click. */
import { Button } from "../../kit/Button";
import { NumberField } from "../../kit/Field";
import { sub } from "./Plane";
import { start } from "./state";

interface Props {
  w0: readonly number[];
  axes: readonly [number, number];
  onStart: (w: readonly [number, number]) => void;
}

export function Begin({ w0, axes: [i, j], onStart }: Props) {
  const [a, b] = [w0[i] ?? 0, w0[j] ?? 0];
  return (
    <div class="numbers">
      <NumberField label={`Begin at w${sub(i)}`} value={a} onChange={(to) => { onStart([to, b]); }} />
      <NumberField label={`Begin at w${sub(j)}`} value={b} onChange={(to) => { onStart([a, to]); }} />
      <Button disabled={start.value === null} onPress={() => { start.value = null; }}>Begin at w = 0</Button>
    </div>
  );
}
