/** A value or a derivative of the trace, whose cells open their explanation. */
import type { Tensor } from "../../api/arrays";
import { TensorView } from "../../kit/TensorView";
import { channelOf, choose } from "../../state/channels";
import { look, seenIn } from "../../state/field";
import { classNames } from "../../state/names";
import { model } from "../../state/model";
import { traced } from "../../state/pass";
import { unitNameOf } from "../../state/unit";
import { inspect, selectedIn, tensorOf } from "./current";
import type { Mark } from "./marks";

interface Props {
  /** "conv1", "dL/conv1". */
  name: string;
  role: string;
  /** Instead of the trace's: a part of it. */
  part?: Tensor | undefined;
  /** Of the colours; else the largest of its own. */
  most?: number | undefined;
  hatched?: Mark | undefined;
  ringed?: Mark | undefined;
}

const WIDTH = 236;

export function Values({ name, role, part, most, hatched, ringed }: Props) {
  const found = traced.value;
  const tensor = part ?? (found === null ? undefined : tensorOf(found, name));
  if (tensor === undefined) return null;
  const unit = (index: number[]): string => `${name}:${index.join(",")}`;
  const last = model.value?.layers.at(-1)?.name;
  const ink = name === "x" && tensor.shape.length > 2;
  return (
    <div class="values">
      <p class="role">{role}</p>
      <TensorView title={part === undefined ? unitNameOf(name) : `part of ${unitNameOf(name)}`} tensor={tensor} {...(most === undefined ? {} : { most })} width={WIDTH} palette={ink ? "ink" : "diverging"} chosen={channelOf(name)}
        onChoose={(place) => { choose(name, place); }} names={name.replace("dL/", "") === last ? classNames(tensor.values.length) : /^(dL\/)?x$/.test(name) ? (model.value?.columns ?? null) : null}
        selected={selectedIn(name)} seen={seenIn(name)} hatched={hatched} ringed={ringed}
        onInspect={(index) => { inspect(unit(index)); }} onLook={(index) => { look(index === null ? null : unit(index)); }} />
    </div>
  );
}
