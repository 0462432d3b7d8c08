declare module "virtual:formulas" {
  /** By layer type, then by part: forward, dx, and one a parameter; with letters, each of which stands for a piece. */
  const packed: { pieces: [letter: string, piece: string][]; formulas: Record<string, Record<string, string>> };
  export default packed;
}
