import { useEffect, useRef } from "preact/hooks";
import { formulaOf } from "./formulas";

interface Props {
  /** A layer's type: the name of a file in formulas/. */
  of: string;
  part: string;
  label?: string;
}

/** A formula of the lecture, as MathML made when the page was built. */
export function Formula({ of, part, label }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const made = formulaOf(of, part);
  useEffect(() => {
    const at = place.current;
    if (at !== null) at.tabIndex = at.scrollWidth > at.clientWidth ? 0 : -1; // what scrolls is reached by the keyboard
  });
  if (made === undefined) return null;
  return <div ref={place} class="formula" role="group" aria-label={label} dangerouslySetInnerHTML={{ __html: made }} />;
}
