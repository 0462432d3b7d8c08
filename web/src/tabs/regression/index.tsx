export function Regression() {
  return <p class="empty">Nothing here yet.</p>;
}
