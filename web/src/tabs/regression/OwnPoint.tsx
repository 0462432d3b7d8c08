/** A point by its numbers, for who does not click. */
import { useState } from "preact/hooks";
import { Button } from "../../kit/Button";
import { NumberField } from "../../kit/Field";

interface Props {
  onAdd: (x: number, t: number) => void;
  onRemove: (x: number, t: number) => void;
  onClear: () => void;
}

export function OwnPoint({ onAdd, onRemove, onClear }: Props) {
  const [x, setX] = useState(5);
  const [t, setT] = useState(5);
  return (
    <div class="numbers">
      <NumberField label="x" value={x} onChange={setX} />
      <NumberField label="t" value={t} onChange={setT} />
      <Button onPress={() => { onAdd(x, t); }}>Add the point</Button>
      <Button onPress={() => { onRemove(x, t); }}>Remove the nearest</Button>
      <Button onPress={onClear}>Clear</Button>
    </div>
  );
}
