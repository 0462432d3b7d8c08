export function Recognise() { return <p class="empty">Nothing here yet.</p>; }
