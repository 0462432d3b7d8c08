import type { Explanation, Factor, Term } from "../../api/types";
import { short, whole } from "../../kit/numbers";
import { unitText } from "../../state/unit";
import { inspect } from "./current";

/** The products, the largest first. */
export function Terms({ found }: { found: Explanation }) {
  const { terms, count } = found;
  const most = Math.max(...terms.map((term) => Math.abs(term.product)), 0);
  const rest = count - terms.length;
  return (
    <div class="terms">
      <p class="numbers">{inNumbers(found)}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Products, the largest first">
        <table class="table">
          <caption class="unseen">{`The ${whole(terms.length)} largest of ${whole(count)} products`}</caption>
          <thead><tr><th scope="col">factors</th><th scope="col" class="number">product</th><th scope="col" class="share"><span class="unseen">share</span></th></tr></thead>
          <tbody>
            {terms.map((term, k) => (
              <tr key={k}>
                <td><span class="factors">{term.factors.map((factor, at) => <Part key={at} factor={factor} first={at === 0} />)}</span>{term.note === "" ? null : <small>{term.note}</small>}</td>
                <td class="number">{term.factors.length === 0 ? "" : "= "}{short(term.product, 4)}</td>
                <td class="share"><i class={term.product < 0 ? "below" : "above"} style={{ width: `${most > 0 ? (50 * Math.abs(term.product)) / most : 0}%` }} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rest > 0 ? <p class="under">{`and ${whole(rest)} smaller ones`}</p> : null}
    </div>
  );
}

function Part({ factor, first }: { factor: Factor; first: boolean }) {
  const { unit, value, symbol } = factor;
  return (
    <>
      <b>{first ? "" : "× "}{short(value, 4)}</b>
      {unit === null ? <small>{symbol}</small> : <button type="button" class="cell" aria-label={`${unitText(unit)}, ${short(value, 4)}: explain`} onClick={() => { inspect(unit); }}>{unitText(unit)}</button>}
    </>
  );
}

const SHOWN = 3;

/** The formula with the numbers put in: its largest products, and what all are together. */
export function inNumbers({ unit, terms, count, value }: Explanation): string {
  const parts = terms.slice(0, SHOWN).map((term, k) => product(term, k === 0));
  const more = count > SHOWN ? " + …" : "";
  return `${unitText(unit)} = ${parts.length === 0 ? "0" : parts.join("")}${more} = ${short(value, 4)}`;
}

function product({ factors }: Term, first: boolean): string {
  const text = factors.map(({ value }) => (value < 0 && factors.length > 1 ? `(${short(value)})` : short(value))).join(" · ");
  return first ? text : ` + ${text.startsWith("−") ? `(${text})` : text}`;
}
