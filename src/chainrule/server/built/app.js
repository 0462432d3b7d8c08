const token = document.querySelector('meta[name="chainrule-token"]').content;
const model = await (await fetch("/api/model", { headers: { "X-Chainrule-Token": token } })).json();
document.getElementById("app").textContent = model.text;
