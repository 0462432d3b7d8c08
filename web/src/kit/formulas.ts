/** The lecture's formulas as MathML. */
import packed from "virtual:formulas";

export function hasFormula(of: string, part: string): boolean {
  return packed.formulas[of]?.[part] !== undefined;
}

export function formulaOf(of: string, part: string): string | undefined {
  const made = packed.formulas[of]?.[part];
  return made === undefined ? undefined : unpacked(made, packed.pieces);
}

/** With its pieces in place of their letters: the last one first, as it may hold those before it. */
export function unpacked(text: string, pieces: readonly (readonly [string, string])[]): string {
  return pieces.reduceRight((made, [letter, piece]) => made.replaceAll(letter, () => piece), text);
}
