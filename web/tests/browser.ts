/** Of a browser, what the page's state needs. To be imported first. */
function goTo(_: unknown, __: string, hash: string): void {
  location.hash = hash;
}

Object.assign(globalThis, {
  location: { hash: "" },
  history: { replaceState: goTo, pushState: goTo },
  window: new EventTarget(),
  document: { getElementById: () => null, querySelector: () => null },
});
