/** That another network than the given one is shown, and the way back. */
import { Button } from "../kit/Button";
import { exchange, lastOf, model, nameOf } from "../state/model";
import { place } from "../state/place";

export function Shown() {
  const of = model.value;
  if (place.value.network === null || place.value.tab === "regression") return null;
  return (
    <div class="row shown" role="status">
      {of === null ? null : <span>Shown is <b>{nameOf(of)}</b>.</span>}
      <Button onPress={() => { exchange(null); }}>{`Back to ${of?.origin ? lastOf(of.origin.given) : "the given network"}`}</Button>
    </div>
  );
}
