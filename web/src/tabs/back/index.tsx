export function BackPropagation() { return <p class="empty">Nothing here yet.</p>; }
