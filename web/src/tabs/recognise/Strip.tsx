/** The layers in their order: what each is, its formula, and what it made of this input. */
import { Formula } from "../../kit/Formula";
import { brief, shapeText, whole } from "../../kit/numbers";
import { TensorView } from "../../kit/TensorView";
import type { Layer } from "../../api/types";
import type { Tensor } from "../../api/arrays";
import { channelOf, choose } from "../../state/channels";
import { look, seenIn } from "../../state/field";
import { model } from "../../state/model";
import { drawn } from "../../state/pass";
import { go } from "../../state/place";
import { formatUnit } from "../../state/unit";
import { classNames } from "../../state/names";

const WIDTH = 216;

export function Strip() {
  const of = model.value;
  const values = drawn.value?.values;
  if (of === null || values === undefined) return null;
  const x = values.x;
  return (
    <section class="strip-part">
      <div class="headline">
        <h2>Layer by layer</h2>
        <p class="lead">Point at a cell, or go there by the arrow keys: outlined are the cells that it was made from, and those that it affects. Enter opens it in back propagation.</p>
      </div>
      <ol class="strip">
        {x === undefined ? null : <li><Head name="x" text="the input" detail={shapeText(of.shape)} /><Values name="x" tensor={x} names={of.columns} ink={x.shape.length > 2} /></li>}
        {of.layers.map((layer) => <Block key={layer.name} layer={layer} tensor={values[layer.name]} last={layer === of.layers.at(-1)} />)}
      </ol>
    </section>
  );
}

function Block({ layer, tensor, last }: { layer: Layer; tensor: Tensor | undefined; last: boolean }) {
  const size = layer.parameters.reduce((sum, parameter) => sum + parameter.size, 0);
  const detail = size === 0 ? "no parameters" : `${whole(size)} parameters`;
  return (
    <li>
      <Head name={layer.name} text={layer.text} detail={detail} />
      <Formula of={layer.type} part="forward" label={`The formula of ${layer.type}`} />
      {tensor === undefined ? null : <Values name={layer.name} tensor={tensor} names={last ? classNames(tensor.values.length) : null} />}
    </li>
  );
}

function Head({ name, text, detail }: { name: string; text: string; detail: string }) {
  return <header><h3>{name}</h3><p>{brief(text)}<br /><span>{detail}</span></p></header>;
}

function Values({ name, tensor, ink, names }: { name: string; tensor: Tensor; ink?: boolean; names?: readonly string[] | null }) {
  const unit = (index: number[]): string => formatUnit({ gradient: false, name, index });
  return (
    <TensorView title={name} tensor={tensor} width={WIDTH} palette={ink === true ? "ink" : "diverging"} names={names ?? null}
      chosen={channelOf(name)} onChoose={(place) => { choose(name, place); }} seen={seenIn(name)}
      onLook={(index) => { look(index === null ? null : unit(index)); }}
      onInspect={(index) => { go({ tab: "back", step: null, unit: unit(index) }); }} />
  );
}
