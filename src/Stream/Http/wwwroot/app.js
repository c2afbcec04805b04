// Puts the parts together: the address says what is looked at, the line of events what changed.
import { Changes, write } from "./api.js";
import { STATES, duration, element, group, size, time } from "./format.js";
import { StreamList, keyOf } from "./list.js";
import { StreamView } from "./detail.js";

const $ = id => document.getElementById(id);
// For tests and for who looks: nothing goes wrong unseen.
addEventListener("error", e => { document.body.dataset.error = e.message; });
addEventListener("unhandledrejection", e => { document.body.dataset.error = String(e.reason); });

// ---- the address ----
function address() {
  const a = new URLSearchParams(location.search), whole = name => a.has(name) && /^-?\d+$/.test(a.get(name)) ? +a.get(name) : null;
  return {
    stream: a.has("stream") ? { stream: a.get("stream"), topic: a.get("topic"), partition: whole("partition") } : null,
    range: { from: whole("from"), to: whole("to"), steps: whole("steps") },
    filter: { sort: a.get("sort") ?? "matter", state: a.get("state"), search: a.get("q") ?? "" },
  };
}
function link(add) {
  const a = new URLSearchParams(), f = list.filter;
  if (f.sort !== "matter") a.set("sort", f.sort);
  if (f.state) a.set("state", f.state);
  if (f.search) a.set("q", f.search);
  if (view.stream) {
    for (const name of ["stream", "topic", "partition"]) if (view.stream[name] !== null) a.set(name, view.stream[name]);
    for (const name of ["from", "to", "steps"]) if (view.range[name] !== null) a.set(name, view.range[name]);
  }
  const url = a.size ? `/?${a}` : "/";
  if (add) history.pushState(null, "", url); else history.replaceState(null, "", url);
}

// ---- parts ----
const LIVE = { from: null, to: null, steps: null };
const list = new StreamList(s => open({ stream: s.stream, topic: s.topic, partition: s.partition }), counted);
const view = new StreamView(() => link(false), a => ask("feedback", a));
const changes = new Changes({
  opened() { list.refresh(); view.refresh(); },
  lost() { healthy(null); },
  changes(news) { counted(news.counts); list.take(news); view.take(news);
    for (const a of news.alarms) if (a.state === "open" && !told.has(a.id)) announce(a); },
  points(news) { view.points(news); },
  health: healthy,
});

function open(stream, range = LIVE, add = true) {
  const other = !view.stream || keyOf(view.stream) !== keyOf(stream);
  document.body.classList.add("one");
  list.choose(keyOf(stream));
  view.show(stream, range);
  if (other) changes.watch(stream);
  if (add) link(true);
}
function close(add = true) {
  document.body.classList.remove("one");
  view.hide();
  list.choose(null);
  changes.watch(null);
  if (add) link(true);
  $("list").focus();
}
function follow() {
  const a = address();
  list.filter = a.filter;
  $("search").value = a.filter.search;
  $("sort").value = a.filter.sort;
  list.restart();
  if (a.stream) open(a.stream, a.range, false);
  else if (view.stream) close(false);
  else changes.watch(null);
}
addEventListener("popstate", follow);

// ---- what is told ----
const told = new Set();
function announce(a) {
  told.add(a.id);
  if (told.size > 1000) told.delete(told.values().next().value);
  $("said").textContent = `${a.severity} alarm of ${a.stream}`;
}
function counted(counts) {
  for (const [state, name] of Object.entries(STATES)) {
    let b = $(`state-${state}`);
    if (!b) {
      b = element("button");
      b.type = "button"; b.id = `state-${state}`;
      b.append(element("b"), ` ${name}`);
      b.onclick = () => { list.filter.state = list.filter.state === state ? null : state; link(false); list.restart(); };
      $("states").append(b);
    }
    b.firstChild.textContent = group(counts[state] ?? 0);
    b.setAttribute("aria-pressed", list.filter.state === state);
  }
  document.title = counts.alarm ? `(${counts.alarm}) esn` : "esn";
  document.body.dataset.ready = "true";
}
let shown = null, lostAt = null;  // when what is shown was scored; since when the process does not answer
function healthy(h) {
  const letters = Object.entries(h?.deadLetters ?? {}), refused = letters.reduce((sum, [, n]) => sum + n, 0);
  $("healthDot").className = `dot ${h?.ready ? "good" : "bad"}`;
  $("healthText").textContent = h
    ? `${h.ready ? "" : "not ready · "}${group(h.stepsPerSecond)} steps/s${h.waiting ? ` · ${group(h.waiting)} wait` : ""}`
      + (refused ? ` · ${group(refused)} refused` : "")
    : "no connection: trying again";
  lostAt = h ? null : lostAt ?? Date.now();
  if (h?.scoredAt) shown = Date.parse(h.scoredAt);
  stale(h);
  if (!h) return;
  $("refused").hidden = h.streams > 0 || h.steps > 0 || refused === 0;
  $("refused").textContent = `No record could be taken, of ${group(refused)}. The last one, ${h.lastDeadLetter}`;
  $("health").replaceChildren(...[
    ["state", h.ready ? "ready" : h.missing], ["records that wait", group(h.waiting)],
      ["latency", h.latencySeconds === null ? "–" : duration(h.latencySeconds)], ["steps", group(h.steps)],
    ["streams", group(h.streams)], ["open alarms", group(h.openAlarms)], ["models", size(h.modelBytes)],
      ["dead letters", letters.length ? letters.map(([reason, n]) => `${reason} ${group(n)}`).join(", ") : "none"],
    ["scalings left", group(h.rescalings)], ["learning began anew", group(h.recoveries)], ["frames not learnt", group(h.refusals)],
      ["running since", time(Date.parse(h.since))], ["version", h.version],
  ].map(([name, value]) => { const e = element("div"); e.append(element("span", "", name), element("b", "", value)); return e; }));
}

// What nobody feeds any more looks as if it went on: since when it is old is said.
function stale(h) {
  $("stale").hidden = h?.ready || !shown;
  $("stale").textContent = `${h ? `Not ready: ${h.missing}.` : `The process does not answer since ${time(lostAt)}.`} `
    + `What is shown is of ${time(shown)}, ${duration((Date.now() - shown) / 1000)} ago.`;
}
setInterval(() => { if (lostAt) stale(null); }, 2000);

// ---- hands ----
let typing = 0;
$("search").addEventListener("input", () => { clearTimeout(typing);
  typing = setTimeout(() => { list.filter.search = $("search").value; link(false); list.restart(); }, 150); });
$("search").addEventListener("keydown", e =>
  { if (e.key === "ArrowDown" || e.key === "Enter") { e.preventDefault(); $("list").focus(); } });
$("sort").addEventListener("change", () => { list.filter.sort = $("sort").value; link(false); list.restart(); });
$("healthButton").onclick = () => { const shown = $("health").hidden; $("health").hidden = !shown;
  $("healthButton").setAttribute("aria-expanded", shown); };
$("back").onclick = () => close();

let asking = null;
const TITLES = { mute: "Mute streams", acknowledge: "Acknowledge the alarm", feedback: "Was it an anomaly?" };
function ask(kind, alarm = kind === "feedback" ? view.lastAlarm : view.alarm) {
  const muting = kind === "mute";
  if (!view.stream || (!muting && !alarm)) return;
  asking = { kind, alarm: alarm?.id, topic: view.stream.topic };
  $("askTitle").textContent = TITLES[kind];
  $("askStreamsLine").hidden = $("askForLine").hidden = !muting;
  $("askWhatLine").hidden = kind !== "feedback";
  $("askNormal").checked = $("askAnomaly").checked = false;
  $("askStreams").value = view.stream.stream;
  $("askProblem").textContent = "";
  $("askToken").value = sessionStorage.getItem("token") ?? "";
  $("ask").showModal();
}
async function answer() {
  const token = $("askToken").value.trim(), why = $("askWhy").value.trim();
  try {
    if (asking.kind === "mute")
      await write("PUT", "mutes", { streams: $("askStreams").value.trim(), topic: asking.topic, for: $("askFor").value.trim(), why },
        token);
    else if (asking.kind === "feedback") {
      const said = document.querySelector("[name=askWhat]:checked");
      if (!said) throw new Error("say whether it was one");
      await write("PUT", "alarms/feedback", { alarm: asking.alarm, anomaly: said.value, why }, token);
    } else await write("PUT", "alarms/acknowledgement", { alarm: asking.alarm, why }, token);
    sessionStorage.setItem("token", token);  // until this window is closed
    $("ask").close();
    list.refresh(); view.refresh();
  } catch (error) { $("askProblem").textContent = error.message; }
}
$("mute").onclick = () => ask("mute");
$("acknowledge").onclick = () => ask("acknowledge");
$("askNo").onclick = () => $("ask").close();
$("askYes").onclick = answer;
$("ask").addEventListener("keydown", e => { if (e.key === "Enter" && e.target.tagName === "INPUT") answer(); });
$("helpNo").onclick = () => $("help").close();

addEventListener("keydown", e => {
  if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
  if (/^(INPUT|SELECT)$/.test(e.target.tagName)) { if (e.key === "Escape") e.target.blur(); return; }
  const keys = {
    "/": () => $("search").focus(), "?": () => $("help").showModal(), Escape: () => { if (view.stream) close(); },
    ArrowLeft: () => view.move(-.2), ArrowRight: () => view.move(.2), "+": () => view.move(0, .5), "-": () => view.move(0, 2),
      l: () => view.look("live"), 0: () => view.look("all"),
    n: () => view.step(1), p: () => view.step(-1), a: () => ask("acknowledge"), m: () => ask("mute"),
    o: () => ask("feedback"),
    ArrowDown: () => $("list").focus(), ArrowUp: () => $("list").focus(),
  };
  if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
});

follow();
