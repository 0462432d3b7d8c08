declare module "virtual:formulas" {
  /** By layer type, then by part: forward, dx, and one a parameter. */
  const formulas: Record<string, Record<string, string>>;
  export default formulas;
}
