import formulas from "virtual:formulas";

interface Props {
  /** A layer's type: the name of a file in formulas/. */
  of: string;
  part: string;
  label?: string;
}

export function hasFormula(of: string, part: string): boolean {
  return formulas[of]?.[part] !== undefined;
}

/** A formula of the lecture, as MathML made when the page was built. */
export function Formula({ of, part, label }: Props) {
  const made = formulas[of]?.[part];
  if (made === undefined) return null;
  return <div class="formula" role="group" aria-label={label} dangerouslySetInnerHTML={{ __html: made }} />;
}
