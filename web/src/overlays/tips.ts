// Tips: what a pointer, or the keyboard's focus, over an element with `data-tip` is told, and the whole of a text that was cut.
// One element serves the page.

const waitMs = 350;
const gap = 7;

let bubble: HTMLDivElement | undefined;
let shownFor: Element | undefined;
let timer: number | undefined;

export function startTips(): void {
  if (bubble) return;
  bubble = document.createElement("div");
  bubble.className = "tip";
  bubble.setAttribute("role", "tooltip");
  bubble.id = "tip";
  bubble.hidden = true;
  document.body.append(bubble);
  document.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType !== "touch") follow(target);
  });
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof Element && target.matches(":focus-visible")) follow(target);
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  document.addEventListener("pointerdown", hide);
  document.addEventListener("scroll", hide, { capture: true, passive: true });
}

function follow(target: EventTarget | null): void {
  const element = target instanceof Element ? (target.closest("[data-tip]") ?? cutAround(target)) : null;
  // The tip itself may be pointed at: it stays.
  if (target === bubble || element === shownFor) return;
  hide();
  if (!element) return;
  shownFor = element;
  timer = window.setTimeout(() => show(element), waitMs);
}

function cutAround(target: Element): Element | null {
  const text = target.closest("[data-cuts]") ?? target.querySelector(":scope > [data-cuts]");
  const isCut = (one: Element): boolean => one.clientWidth > 0 && one.scrollWidth > one.clientWidth;
  return text && [text, ...text.querySelectorAll("*")].some(isCut) ? text : null;
}

function show(element: Element): void {
  const words = element.getAttribute("data-tip") ?? element.textContent;
  if (!bubble || !words || !element.isConnected) return;
  bubble.textContent = words;
  bubble.hidden = false;
  const around = element.getBoundingClientRect();
  const { width, height } = bubble.getBoundingClientRect();
  const below = around.bottom + gap + height < window.innerHeight;
  const left = Math.min(
    Math.max(gap, around.left + around.width / 2 - width / 2),
    window.innerWidth - width - gap,
  );
  bubble.style.left = `${left}px`;
  bubble.style.top = `${below ? around.bottom + gap : around.top - gap - height}px`;
}

function hide(): void {
  window.clearTimeout(timer);
  shownFor = undefined;
  if (bubble) bubble.hidden = true;
}
