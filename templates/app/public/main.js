import { request, setApiKey } from "./api.js";
import { byId, make } from "./dom.js";
import { panes } from "./panes.js";

const modes = {
  local: "the model runs inside the function",
  hybrid: "an outside model, and one of your own",
  external: "a provider runs the model",
};

wireSettings();
const health = await readHealth();
const own = panes.find(({ task }) => task === health.task);
const shown = own === undefined ? [] : [own];
const mounted = new Map();
// The other routes are asked for first only when the address wants one of them.
if (own !== undefined && ["", `#${own.task}`].includes(location.hash)) show();
shown.push(...(await othersThatAnswer()));
if (shown.length === 0) {
  byId("main").append(make("p", {}, "This app has none of the routes that can be tried here."));
} else {
  if (shown.length > 1) makeTabs();
  show();
  addEventListener("hashchange", show);
}

function wireSettings() {
  const [button, form] = [byId("settings-button"), byId("settings")];
  const open = (isOpen) => {
    form.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.addEventListener("click", () => open(form.hidden));
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("api-key").addEventListener("input", (event) => setApiKey(event.target.value));
  document.addEventListener("key-wanted", () => {
    open(true);
    byId("api-key").focus();
  });
}

async function readHealth() {
  try {
    const document = await (await request("/api/health")).json();
    const { modelId, mode, buildId } = document;
    byId("about").replaceChildren(
      make("strong", {}, modelId),
      make("span", {}, modes[mode] ?? `${mode} mode`),
      make("span", {}, "build ", make("code", { title: buildId }, buildId.slice(0, 12))),
    );
    return document;
  } catch (error) {
    byId("about").textContent = `The app does not say who it is: /api/health failed (${error.message}).`;
    return {};
  }
}

/** A function that is there refuses OPTIONS, or answers it; only what is not there is 404. */
async function othersThatAnswer() {
  const others = panes.filter((pane) => pane !== own);
  const there = await Promise.all(
    others.map(({ route }) =>
      fetch(route, { method: "OPTIONS" }).then(
        ({ status }) => status !== 404,
        () => false,
      ),
    ),
  );
  return others.filter((_, index) => there[index]);
}

function makeTabs() {
  byId("tabs").replaceChildren(...shown.map(({ task, title }) => make("a", { href: `#${task}` }, title)));
  byId("tabs").hidden = false;
}

function show() {
  const pane = shown.find(({ task }) => `#${task}` === location.hash) ?? shown[0];
  if (!mounted.has(pane)) mounted.set(pane, mount(pane));
  for (const [each, parts] of mounted) {
    for (const part of parts) part.hidden = each !== pane;
  }
  for (const tab of byId("tabs").children) {
    if (tab.hash === `#${pane.task}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  document.title = [pane.title, health.modelId].filter(Boolean).join(" · ");
}

/** A pane, and its part of the settings. */
function mount(pane) {
  const section = make("section", { className: `pane ${pane.task}` }, make("h2", { className: "unseen" }, pane.title));
  const settings = make("div");
  byId("main").append(section);
  byId("settings").append(settings);
  pane.mount(section, settings);
  return [section, settings];
}
