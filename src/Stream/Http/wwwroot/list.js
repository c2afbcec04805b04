// The list of streams: thousands of them, of which the rows in sight are there. The server sorts, filters and cuts.
import { get } from "./api.js";
import { STATES, channel, duration, element, group, number, some } from "./format.js";

const HEIGHT = 52, AROUND = 12, REFRESH = 2000;
const SVG = "http://www.w3.org/2000/svg";
export const keyOf = s => `${s.topic}\n${s.partition}\n${s.stream}`;

export class StreamList {
  #box = document.getElementById("list");
  #rows = document.getElementById("rows");
  #count = document.getElementById("listCount");
  #drawn = new Map();      // index → row element
  #data = new Map();       // index → summary, of the rows around those in sight
  #matching = 0;
  #active = -1;
  #chosen = null;
  #asked = null;
  #timer = 0;
  #open;
  #counted;
  filter = { sort: "matter", state: null, search: "" };

  constructor(open, counted) {
    [this.#open, this.#counted] = [open, counted];
    this.#box.addEventListener("scroll", () => { this.#draw(); this.#ask(); }, { passive: true });
    new ResizeObserver(() => { this.#draw(); this.#ask(); }).observe(this.#box);
    this.#box.addEventListener("keydown", e => this.#key(e));
    this.#rows.addEventListener("click", e => {
      const row = e.target.closest(".row");
      if (row) this.#enter(+row.dataset.index);
    });
  }

  get first() { return this.#data.get(0); }

  choose(key) { this.#chosen = key; this.#draw(); }

  // Another filter: from the top.
  restart() { this.#box.scrollTop = 0; this.#data.clear(); this.#active = -1; return this.refresh(); }

  refresh() { clearTimeout(this.#timer); this.#timer = 0; return this.#ask(true); }

  // Rows in sight are told at once; their order, now and then.
  take(changes) {
    const news = new Map(changes.streams.map(s => [keyOf(s), s]));
    for (const [index, old] of this.#data) {
      const now = news.get(keyOf(old));
      if (!now) continue;
      const spark = old.spark ? [...old.spark.slice(1 - Math.max(2, old.spark.length)), now.score] : null;
      this.#data.set(index, { ...now, spark });
    }
    this.#draw();
    if (!this.#timer) this.#timer = setTimeout(() => { this.#timer = 0; this.#ask(true); }, REFRESH);
  }

  #sight() {
    const first = Math.floor(this.#box.scrollTop / HEIGHT), n = Math.ceil(Math.max(HEIGHT, this.#box.clientHeight) / HEIGHT) + 1;
    return [Math.max(0, first), first + n];
  }

  async #ask(anew = false) {
    const [first, end] = this.#sight(), from = Math.max(0, first - AROUND);
    if (!anew) {
      let all = true;
      for (let i = first; i < Math.min(end, this.#matching); i++) all &&= this.#data.has(i);
      if (all) return;
    }
    this.#asked?.abort();
    const asked = this.#asked = new AbortController();
    try {
      const page = await get("streams", { ...this.filter, offset: from, limit: end - from + AROUND }, asked.signal);
      this.#matching = page.matching;
      this.#data.clear();
      page.streams.forEach((s, i) => this.#data.set(page.offset + i, s));
      this.#count.textContent = page.matching === page.total ? `${group(page.total)} stream${page.total === 1 ? "" : "s"}`
        : `${group(page.matching)} of ${group(page.total)} streams`;
      this.#counted(page.counts);
      this.#draw();
    } catch (error) {
      if (error.name !== "AbortError") this.#count.textContent = error.message;
    }
  }

  #draw() {
    this.#rows.style.height = `${this.#matching * HEIGHT}px`;
    const [first, end] = this.#sight();
    for (const [index, row] of this.#drawn) if (index < first || index >= end || !this.#data.has(index)) { row.remove();
      this.#drawn.delete(index); }
    for (let index = first; index < Math.min(end, this.#matching); index++) {
      const s = this.#data.get(index);
      if (!s) continue;
      let row = this.#drawn.get(index);
      if (!row) { row = this.#made(index); this.#drawn.set(index, row); this.#rows.append(row); }
      this.#fill(row, s, index);
    }
  }

  #made(index) {
    const row = element("div", "row"), names = element("div"), svg = document.createElementNS(SVG, "svg");
    names.style.minWidth = "0";
    row.setAttribute("role", "option");
    row.id = `row${index}`;
    row.dataset.index = index;
    row.style.top = `${index * HEIGHT}px`;
    names.append(element("div", "name"), element("div", "note"));
    svg.setAttribute("viewBox", "0 0 96 30");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS(SVG, "line"), document.createElementNS(SVG, "polyline"));
    row.append(names, svg, element("div", "score"));
    return row;
  }

  #fill(row, s, index) {
    const key = keyOf(s), [names, svg, score] = row.children;
    row.className =
      `row ${s.state}${s.severity ? " " + s.severity : ""}${s.acknowledged ? " taken" : ""}${index === this.#active ? " active" : ""}`;
    row.setAttribute("aria-selected", key === this.#chosen);
    row.dataset.stream = s.stream;
    names.firstChild.textContent = s.stream;
    names.firstChild.title = s.stream;
    const note = names.lastChild, state = element("span", "state", s.severity ? `${s.severity} alarm` : STATES[s.state]);
    const lead = s.leadSeconds !== null ? `, leaves its range in ${duration(s.leadSeconds)}` : "";
    const alarm = s.alarm ? `peak ${number(s.alarmPeak, 3)}${s.acknowledged ? ", taken" : ""}${lead} · ` : "";
    const silent = s.silentChannels.length ? `${some(s.silentChannels.map(channel))} silent · ` : "";
    note.replaceChildren(state, ` · ${silent}${alarm}${s.topic}[${s.partition}]`);
    // Of a list that is sorted by what matters, the highest of late: a last score says little.
    score.textContent = s.state === "warming_up" ? "–" : number(this.filter.sort === "matter" ? s.highest : s.score, 3);
    score.title = this.filter.sort === "matter" ? "highest score of late; 1 alarms" : "score of the last step; 1 alarms";
    // Scores from .01 to 10 on a logarithmic axis; the line is the threshold.
    const y = v => 28 - 26 * (Math.log10(Math.min(10, Math.max(.01, v))) + 2) / 3, n = s.spark ? s.spark.length : 0;
    const [line, poly] = svg.children;
    line.setAttribute("x1", 0); line.setAttribute("x2", 96); line.setAttribute("y1", y(1)); line.setAttribute("y2", y(1));
    poly.setAttribute("points", n > 1 ? s.spark.map((v, i) => `${(96 * i / (n - 1)).toFixed(1)},${y(v).toFixed(1)}`).join(" ") : "");
  }

  #enter(index) {
    const s = this.#data.get(index);
    if (!s) return;
    this.#activate(index);
    this.#open(s);
  }

  #activate(index) {
    this.#active = index;
    this.#box.setAttribute("aria-activedescendant", `row${index}`);
    const top = index * HEIGHT;
    if (top < this.#box.scrollTop) this.#box.scrollTop = top;
    if (top + HEIGHT > this.#box.scrollTop + this.#box.clientHeight) this.#box.scrollTop = top + HEIGHT - this.#box.clientHeight;
    this.#draw();
  }

  #key(e) {
    const page = Math.max(1, Math.floor(this.#box.clientHeight / HEIGHT) - 1);
    const to = { ArrowDown: this.#active + 1, ArrowUp: this.#active - 1, PageDown: this.#active + page, PageUp: this.#active - page,
      Home: 0, End: this.#matching - 1 }[e.key];
    if (to !== undefined && this.#matching > 0) { e.preventDefault(); e.stopPropagation();
      this.#activate(Math.max(0, Math.min(this.#matching - 1, to))); }
    if (e.key === "Enter" && this.#active >= 0) { e.preventDefault(); this.#enter(this.#active); }
  }
}
