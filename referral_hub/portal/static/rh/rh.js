// Small comforts; every page works without them. Nothing is stored in the browser.

// A page brought back by the Back button may belong to a session that has ended: ask the server again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// Clocks: the server writes the words, here they are only kept true while the page stays open. No seconds.
const words = document.body.dataset;
const count = (n, forms) => {
  const [one, many = one] = forms.split("|");
  return (n === 1 ? one : many).replace("#", n);
};
const span = (minutes) => {
  const parts = [
    [Math.floor(minutes / 1440), words.rhDay],
    [Math.floor(minutes / 60) % 24, words.rhHour],
    [minutes % 60, words.rhMinute],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return count(0, words.rhMinute);
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, forms]) => count(n, forms))
    .join(" ");
};
const opening = (pattern) => pattern.split("#")[0];
const tick = () => {
  for (const clock of document.querySelectorAll("[data-rh-due]")) {
    const due = Date.parse(clock.dataset.rhDue);
    const text = clock.textContent.trim();
    const ours = text.startsWith(opening(words.rhLeft)) || text.startsWith(opening(words.rhOver));
    if (!ours || Number.isNaN(due)) continue;
    const minutes = Math.floor(Math.abs(due - Date.now()) / 60000);
    const over = due < Date.now();
    clock.textContent = (over ? words.rhOver : words.rhLeft).replace("#", span(minutes));
    if (over) clock.className = "rh-clock rh-clock--overdue";
  }
};
if (words.rhLeft) setInterval(tick, 60000);

for (const button of document.querySelectorAll("[data-rh-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Escape three times within two seconds locks the screen, where the page offers a lock.
const lock = document.querySelector("form[data-rh-lock]");
let presses = [];
if (lock) {
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    presses = [...presses.filter((at) => event.timeStamp - at < 2000), event.timeStamp];
    if (presses.length >= 3) lock.requestSubmit();
  });
}

// Left alone, the screen warns and then locks. All windows of this browser count together.
const idle = document.querySelector("[data-rh-idle]");
if (lock && idle) {
  const [warned, over] = idle.dataset.rhIdle.split(",").map((seconds) => Number(seconds) * 1000);
  const windows = new BroadcastChannel("rh-active");
  let last = Date.now();
  const here = () => {
    last = Date.now();
    idle.hidden = true;
  };
  windows.addEventListener("message", here);
  const active = () => {
    if (Date.now() - last > 1000) windows.postMessage("");
    here();
  };
  for (const sign of ["keydown", "pointerdown", "scroll"]) addEventListener(sign, active, { passive: true });
  setInterval(() => {
    const since = Date.now() - last;
    if (since >= over) lock.requestSubmit();
    else if (since >= warned) idle.hidden = false;
  }, 10000);
}
