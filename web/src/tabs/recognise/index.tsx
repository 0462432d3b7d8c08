import { useEffect } from "preact/hooks";
import "../../styles/recognise.css";
import { recorded } from "../../api/client";
import { Bars } from "../../kit/Bars";
import { Button } from "../../kit/Button";
import { Legend } from "../../kit/Legend";
import { mean } from "../../kit/legend";
import { percent, short } from "../../kit/numbers";
import { largest } from "../../api/arrays";
import { model } from "../../state/model";
import { classNames, thing } from "../../state/names";
import { input, openDigit, run } from "../../state/pass";
import { go } from "../../state/place";
import { Sample } from "../Sample";
import { Pad, Sources } from "./Pad";
import { Strip } from "./Strip";

export function Recognise() {
  const grey = model.value?.shape[0] === 1;
  const first = model.value?.layers[0]?.name;
  const tensor = first === undefined ? undefined : run.value?.values[first];
  useEffect(() => { if (first !== undefined && tensor !== undefined) mean(first, largest(tensor.values)); }, [first, tensor]);
  return (
    <>
      <div class="recognise">
        {recorded === null && model.value?.pictures === true ? <section class="draw"><h2>{grey ? "Write" : "Choose"}</h2>{grey ? <Pad /> : null}<Sources /></section> : null}
        <Received />
        <Answer />
      </div>
      <div class="sticky"><Legend /></div>
      <Strip />
    </>
  );
}

const MADE_UP = "made up: the model was saved without its data; name some by --data";

function labelOf(t: number | number[] | null | undefined): string {
  const names = model.value?.classes;
  if (names && typeof t === "number") return `labelled ${names[t] ?? t}`;
  return t == null ? "without a label" : `true value ${[t].flat().map((value) => short(value, 4)).join(", ")}`;
}

/** The image as the network gets it. */
function Received() {
  const x = run.value?.values.x;
  const from = input.value?.from;
  if (x === undefined) return <section class="received"><h2>What the network receives</h2></section>;
  return (
    <section class="received">
      <h2>What the network receives</h2>
      <Sample x={x} width={280} />
      <p class="under">{from?.split === "made" ? MADE_UP : from ? `${from.split} ${thing()} ${from.number}, ${labelOf(input.value?.t)}` : model.value?.kind === "digit" ? "cut out, scaled and centred as MNIST’s digits were" : "brought to the network’s size"}</p>
      {input.value?.notes.map((note) => <p key={note} class="note">{note}</p>)}
      {recorded === null && model.value?.pictures !== true ? <Button onPress={() => { void openDigit("number=random"); }}>{model.value?.data === true ? "Random test sample" : "Make up another one"}</Button> : null}
    </section>
  );
}

function Answer() {
  const found = run.value;
  if (!found) return <section class="answer"><h2>What it says</h2></section>;
  const { probabilities, best } = found;
  const truth = typeof found.input.t === "number" ? found.input.t : null;
  const names = classNames(probabilities?.length ?? 0);
  return (
    <section class="answer" aria-live="polite">
      <h2>What it says</h2>
      {found.answers == null ? null : <p class="verdict"><strong>{[found.answers].flat().map((value) => short(value, 4)).join(", ")}</strong><span>{typeof found.input.t === "number" && found.input.from?.split !== "made" ? `it was ${short(found.input.t, 4)}` : ""}</span></p>}
      {probabilities === null || best === null ? null : (
        <>
          <p class="verdict"><strong class={(names[best] ?? "").length > 3 ? "word" : undefined}>{names[best]}</strong><span>{percent(probabilities[best] ?? 0)}<br />{truth === null ? "no label" : truth === best ? "as labelled" : `labelled ${names[truth] ?? truth}`}</span></p>
          <Bars label="Probabilities" names={names} values={probabilities} best={best} truth={truth} />
        </>
      )}
      <div class="row"><Button main onPress={() => { go({ tab: "back", step: null, unit: null }); }}>How it would learn from this</Button></div>
      <p class="under">computed in {short(found.milliseconds, 2)} ms</p>
    </section>
  );
}
