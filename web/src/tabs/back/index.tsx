import { useEffect } from "preact/hooks";
import "../../styles/back.css";
import { largest } from "../../api/arrays";
import { Legend } from "../../kit/Legend";
import { mean } from "../../kit/legend";
import { isWriting } from "../../kit/keys";
import { model } from "../../state/model";
import { traced } from "../../state/pass";
import { pin } from "../../state/field";
import { unitNameOf } from "../../state/unit";
import { Card } from "./Card";
import { Context } from "./Context";
import { current, explained, madeBy, reveal, stepBy, tensorOf } from "./current";
import { Inspector } from "./Inspector";
import { Rail } from "./Rail";

export function BackPropagation() {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (isWriting(event.target) || event.ctrlKey || event.metaKey) return; // Alt writes [ on some keyboards
      if (event.key === "]") stepBy(1);
      else if (event.key === "[") stepBy(-1);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => { window.removeEventListener("keydown", onKeyDown); };
  }, []);
  useShown();
  const step = current.value;
  if (step === null) return null;
  return (
    <>
      <Rail />
      <div class="sticky"><Legend /></div>
      <div class="back-propagation">
        <Card key={step.key} step={step} />
        <Inspector />
        <Context />
      </div>
    </>
  );
}

/** The legend's numbers are those of what the step makes, and the matrix that is shown is the unit's. */
function useShown(): void {
  const [of, step, found, unit] = [model.value, current.value, traced.value, explained.value];
  useEffect(() => {
    pin(unit === "loss" ? null : unit);
    return () => { pin(null); };
  }, [of, unit]);
  useEffect(() => {
    if (of !== null && unit !== null) reveal(of, unit);
    const name = of === null || step === null ? null : madeBy(of, step);
    const tensor = name === null || found === null ? undefined : tensorOf(found, name);
    if (name !== null && tensor !== undefined) mean(unitNameOf(name), largest(tensor.values));
  }, [of, step, found, unit]);
}
