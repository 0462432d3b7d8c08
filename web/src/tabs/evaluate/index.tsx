export function Evaluate() {
  return <p class="empty">Nothing here yet.</p>;
}
