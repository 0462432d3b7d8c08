import type { Explanation } from "../../api/types";
import { short, whole } from "../../kit/numbers";

/** The sum of the products against what the definition and the compiled kernel computed in their own float type. */
export function Footer({ found }: { found: Explanation }) {
  const { count, zeros, total, value, kernel, difference } = found;
  return (
    <dl class="sums">
      <div><dt>sum of {whole(count)} {count === 1 ? "product" : "products"}{zeros > 0 ? `, ${whole(zeros)} of them exactly 0` : ""}, float64</dt><dd>{short(total, 9)}</dd></div>
      <div><dt>by the definition</dt><dd>{short(value, 9)}</dd></div>
      {kernel === null ? null : <div><dt>by the compiled kernel</dt><dd>{short(kernel, 9)}</dd></div>}
      <div><dt>difference of sum and definition</dt><dd>{short(difference, 2)}</dd></div>
    </dl>
  );
}
