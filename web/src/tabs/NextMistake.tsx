import { Button } from "../kit/Button";
import { model } from "../state/model";
import { input, openDigit } from "../state/pass";

/** The next test sample that the network takes for another class; there are such only with classes and data. */
export function NextMistake() {
  if (model.value?.classes == null || !model.value.data) return null;
  const from = input.value?.from;
  return <Button onPress={() => { void openDigit(`number=mistake${from ? `&after=${from.number}` : ""}`); }}>Next mistake</Button>;
}
