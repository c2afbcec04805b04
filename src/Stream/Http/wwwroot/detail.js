// One stream: what came, what was expected, how unusual it was, and what is known of its alarms.
import { get } from "./api.js";
import { FieldChart, SignalChart } from "./chart.js";
import { STATES, channel, duration, element, group, looks, number, some, time } from "./format.js";
import { FieldLayers } from "./layers.js";

const MOST_POINTS = 600, LIVE_STEPS = 256, MOST_CARDS = 20, REFRESH = 2000;
const $ = id => document.getElementById(id);

export class StreamView {
  #chart = null;
  #field = new FieldChart($("field"));
  #layers = new FieldLayers();
  #detail = null;
  #timer = 0;
  #asked = null;
  #queued = false;
  #changed;
  #judge;
  stream = null;                    // { stream, topic, partition }
  range = { from: null, to: null, steps: null };  // ms since 1970; none of them: live, step by step; steps: live, so many

  // changed: the range is another one; judge: somebody wants to say whether an alarm was one.
  constructor(changed, judge) {
    [this.#changed, this.#judge] = [changed, judge];
    for (const [name, title] of [["live", "step by step, as they come"], ["8", "eight times as far back"], ["64", "64 times as far back"],
      ["all", "all that is kept"]]) {
      const b = element("button", "", name === "live" ? "live" : name === "all" ? "all" : `×${name}`);
      b.type = "button"; b.title = title; b.dataset.range = name;
      b.onclick = () => this.look(name);
      $("ranges").append(b);
    }
  }

  get alarm() { return this.#detail?.alarms.find(a => a.id === this.#detail.summary.alarm) ?? null; }

  get lastAlarm() { return this.alarm ?? this.#detail?.alarms[0] ?? null; }

  get live() { return this.range.to === null; }

  show(stream, range) {
    const other = !this.stream || this.stream.stream !== stream.stream || this.stream.topic !== stream.topic
      || this.stream.partition !== stream.partition;
    [this.stream, this.range] = [stream, range];
    $("nothing").hidden = true; $("detail").hidden = false;
    $("name").textContent = stream.stream;
    if (other) { this.#detail = null; this.#chart?.clear(); $("alarms").replaceChildren(); $("tiles").replaceChildren();
      $("banner").hidden = true; $("detailPane").scrollTop = 0; }
    return this.refresh();
  }

  hide() { this.stream = this.#detail = null; this.#layers.show(null, null); $("detail").hidden = true; $("nothing").hidden = false; }

  look(name) {
    this.range = name === "live" ? { from: null, to: null, steps: null } : name === "all" ? { from: 0, to: null, steps: null }
      : { from: null, to: null, steps: LIVE_STEPS * +name };
    this.#changed();
    return this.refresh();
  }

  lookAt(from, to) {
    this.range = { from: Math.floor(from), to: Math.ceil(to), steps: null };
    this.#changed();
    return this.refresh();
  }

  // By parts of what is seen: −.2 moves to the left by a fifth, a factor of 2 looks from twice as far.
  move(by, factor = 1) {
    const t = this.#detail?.points.time;
    if (!t || t.length < 2) return;
    const [a, b] = [t[0], t[t.length - 1]], width = (b - a) * factor, middle = (a + b) / 2 + by * (b - a);
    this.lookAt(middle - width / 2, middle + width / 2);
  }

  step(by) {
    const t = this.#detail?.points.time, alarms = [...(this.#detail?.alarms ?? [])].reverse();
    if (!alarms.length || !t?.length) return;
    const middle = (t[0] + t[t.length - 1]) / 2, at = a => (Date.parse(a.start) + Date.parse(a.end ?? a.updated)) / 2;
    const near = (t[t.length - 1] - t[0]) * .02;
    const next = by > 0 ? alarms.find(a => at(a) > middle + near) : alarms.findLast(a => at(a) < middle - near);
    this.lookAtAlarm(next ?? (by > 0 ? alarms[alarms.length - 1] : alarms[0]));
  }

  lookAtAlarm(a) {
    const start = Date.parse(a.start), end = Date.parse(a.end ?? a.updated), around = 60 * (this.#detail.interval || 1000);
    this.lookAt(start - around, end + around);
  }

  async refresh() {
    if (!this.stream) return;
    clearTimeout(this.#timer); this.#timer = 0;
    this.#asked?.abort();
    const asked = this.#asked = new AbortController(), r = this.range;
    try {
      const steps = r.from === null && r.to === null ? r.steps ?? LIVE_STEPS : null;
      const detail = await get("stream", { ...this.stream, from: r.from, to: r.to, steps, points: MOST_POINTS }, asked.signal);
      this.#detail = detail;
      this.#draw();
      $("chart").dataset.range = [r.from, r.to, r.steps].map(bound => bound ?? "").join(" ");
    } catch (error) {
      if (error.name === "AbortError") return;
      $("banner").hidden = false; $("banner").textContent = error.message;
    }
  }

  take(changes) {
    if (!this.#detail) return;
    const s = changes.streams.find(x => x.stream === this.stream.stream && x.topic === this.#detail.summary.topic
      && x.partition === this.#detail.summary.partition);
    if (s) { this.#detail.summary = { ...s, spark: null }; this.#queue(); }
    const mine = changes.alarms.some(a => a.stream === this.stream.stream && a.topic === this.#detail.summary.topic
      && a.partition === this.#detail.summary.partition);
    // Coarse points, and what is known of an alarm, are asked for; single steps come by themselves.
    if (mine) this.refresh();
    else if (s && this.live && (this.range.from !== null || this.range.steps !== null) && !this.#timer) this.#timer =
      setTimeout(() => { this.#timer = 0; this.refresh(); }, REFRESH);
  }

  points(news) {
    const d = this.#detail;
    if (!d || !this.live || this.range.from !== null || this.range.steps !== null || d.points.stride !== 1) return;
    const p = d.points, known = p.position.length ? p.position[p.position.length - 1] : -1;
    const first = news.position.findIndex(position => position > known);
    if (first < 0) return;
    // A gap, as after a batch larger than a message: all is asked for anew.
    if (known >= 0 && news.position[first] !== known + 1) { this.refresh(); return; }
    const drop = Math.max(0, p.time.length + news.time.length - first - LIVE_STEPS);
    const join = (old, add) => [...old.slice(drop), ...add.slice(first)];
    for (const name of ["time", "position", "score", "marks"]) p[name] = join(p[name], news[name]);
    p.channels.forEach((c, i) => { for (const name of ["low", "high", "expected", "width", "forecast"]) c[name] =
      join(c[name], news.channels[i][name]); });
    this.#queue();
  }

  #queue() {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => { this.#queued = false; if (this.#detail) this.#draw(); });
  }

  #draw() {
    const d = this.#detail, s = d.summary, p = d.points;
    this.#chart ??= new SignalChart($("chart"), (from, to) => this.lookAt(from, to));
    const left = s.channels > d.channelNames.length && !d.shape ? `, of which the first ${d.channelNames.length} are kept` : "";
    $("where").textContent = `${s.topic}[${s.partition}] · step ${group(s.position)} · ${time(Date.parse(s.time), true)} UTC · `
      + `${s.channels} channel${s.channels === 1 ? "" : "s"}${left}`;
    this.#banner(s);
    const tiles = [["state", s.severity ? `${s.severity} alarm` : STATES[s.state], s.severity ?? s.state],
      ["score", s.state === "warming_up" ? "–" : number(s.score, 3)],
      // Of a field one cell of many tells nothing.
      ...(d.shape ? [["cells", `${d.shape.rows} × ${d.shape.columns}`]]
        : [["observed", number(s.value, 5)], ["expected", number(s.expected, 5)]]),
      ["every", d.interval ? duration(d.interval / 1000) : "–"],
      ["model", d.recoveries + d.refusals + d.rescalings === 0 ? "healthy"
        : [[d.rescalings, "rescaled"], [d.recoveries, "recovered"],
        [d.refusals, "refused"]].filter(([n]) => n).map(([n, w]) => `${w} ${n}×`).join(", ")]];
    const box = $("tiles");
    tiles.forEach(([name, value, className], i) => {
      let tile = box.children[i];
      if (!tile) { tile = element("div"); tile.append(element("dt", "", name), element("dd")); box.append(tile); }
      tile.lastChild.className = className ?? ""; tile.lastChild.dataset.value = name; tile.lastChild.textContent = value;
    });
    const pressed = this.range.to !== null ? "" : this.range.steps !== null ? String(this.range.steps / LIVE_STEPS)
      : this.range.from !== null ? "all" : "live";
    for (const b of $("ranges").children) b.setAttribute("aria-pressed", b.dataset.range === pressed);
    const coarse = p.stride > 1 ? `, ${group(p.stride)} steps a point` : "";
    $("range").textContent = p.time.length ? `${time(p.time[0])} – ${time(p.time[p.time.length - 1])}${coarse}`
      : "no steps are kept of this time";
    $("acknowledge").hidden = !this.alarm || s.acknowledged;
    if (p.time.length) this.#chart.draw(d); else this.#chart.clear();
    $("chart").dataset.points = p.time.length;
    for (const key of document.querySelectorAll(".ofSignal")) key.hidden = !!d.shape;
    this.#layers.show(this.stream, d.shape);
    const mapped = d.alarms.find(a => a.field);
    $("fieldPanel").hidden = !mapped;
    if (mapped && $("field").dataset.drawn !== `${mapped.id} ${mapped.updated}`) {
      $("field").dataset.drawn = `${mapped.id} ${mapped.updated}`;
      this.#field.draw(mapped.field);
      $("fieldText").textContent = mapped.field.regions.map((r, i) => `${i === 0 ? "where it began: " : "also: "}row ${r.peakRow}, `
        + `column ${r.peakColumn}, ${number(r.peak, 3)} times the usual, ${group(r.cells)} cell${r.cells === 1 ? "" : "s"}, `
        + `${Math.round(100 * r.share)} % of the heat`).join("; ");
    }
    this.#cards(d.alarms);
  }

  #banner(s) {
    const a = this.alarm, banner = $("banner");
    const still = some(s.silentChannels.map(channel));
    banner.hidden = !a && s.state !== "silent" && s.state !== "muted" && !still;
    if (a) {
      const parts = [`${a.severity} alarm since ${time(Date.parse(a.start))}, peak score ${number(this.#peak(a), 3)}`];
      const about = a.channels.filter(c => c.share >= .2).map(c => channel(c.name));
      if (s.channels > 1 && !this.#detail.shape && about.length) parts.push(`in ${about.join(", ")}`);
      if (a.drift) {
        const what = a.drift.kind === "level" ? `level of ${channel(a.drift.channel)} drifts by ${number(a.drift.perStep, 3)} a step`
          : "its errors grow slowly";
        const lead = a.drift.leadSeconds !== null ? `, leaves its range in ${duration(a.drift.leadSeconds)}` : "";
        parts.push(`${what} since ${time(Date.parse(a.drift.since))}${lead}`);
      }
      if (a.incidents > 1) parts.push(`${a.incidents} incidents`);
      if (a.acknowledged) parts.push(`taken by ${a.acknowledged.by}${a.acknowledged.why ? `: ${a.acknowledged.why}` : ""}`);
      banner.textContent = parts.join(" · ");
    } else if (s.state === "silent") banner.textContent = `Nothing has come since ${time(Date.parse(s.seen))}.`;
    else if (s.state === "muted") banner.textContent = "Muted: not judged, nothing learnt.";
    else if (still) banner.textContent = `Nothing comes any more of ${still}: imputed, and not judged.`;
  }

  // Of an open alarm the summary follows each step.
  #peak(a) {
    const s = this.#detail.summary;
    return a.id === s.alarm && s.alarmPeak !== null ? Math.max(a.peakScore, s.alarmPeak) : a.peakScore;
  }

  // A channel of a field is a cell.
  #place(name) {
    const d = this.#detail, cell = +name;
    if (!d?.shape || !/^\d+$/.test(name)) return channel(name);
    const { rows, columns } = d.shape, at = cell % (rows * columns);
    return `row ${Math.floor(at / columns)}, column ${at % columns}`;
  }

  #cards(alarms) {
    const shape = alarms.map(a => `${a.id} ${a.state} ${a.updated} ${a.acknowledged?.by} ${a.verdict?.at}`).join("\n");
    if ($("alarms").dataset.shape === shape) return;
    $("alarms").dataset.shape = shape;
    $("alarmsTitle").textContent = alarms.length ? `Alarms (${alarms.length})` : "No alarm is known of this stream";
    $("alarms").replaceChildren(...alarms.slice(0, MOST_CARDS).map(a => {
      const box = element("div", "alarmBox"), say = element("button", "say", "Was it one?");
      const card = element("button", `alarmCard ${a.state}`), line = element("span", "line"), parts = element("span", "parts");
      card.type = "button";
      card.onclick = () => this.lookAtAlarm(a);
      line.append(element("b", a.severity, a.severity), element("span", "", a.state === "open" ? "open" : a.state),
        element("span", "", `${time(Date.parse(a.start))}${a.end ? ` – ${time(Date.parse(a.end))}` : ""}`),
        element("span", "", `peak ${number(this.#peak(a), 3)}`));
      if (a.laterChannels.length) line.append(element("span", "", `later ${a.laterChannels.map(channel).join(", ")}`));
      if (a.incidents > 1) line.append(element("span", "", `${a.incidents} incidents`));
      if (a.acknowledged) line.append(element("small", "", `taken by ${a.acknowledged.by}`));
      if (a.verdict) line.append(element("small", "verdict", `${a.verdict.anomaly ? "an anomaly" : "no anomaly"}, says ${a.verdict.by}`
        + (a.verdict.why ? `: ${a.verdict.why}` : "")));
      const bars = [...(a.channels.length > 1 ? a.channels.filter(c => c.share > .01).map(c =>
        [this.#place(c.name), c.share, `${Math.round(100 * c.share)} %`, "part of what is out of the ordinary"]) : []),
        ...a.scores.slice(0, 4).map(x => [looks(x.name) ? `${x.name}: ${looks(x.name)}` : x.name, x.margin / Math.max(...a.scores.map(y => y.margin)), number(x.margin, 3),
          "how rare, −ln of its chance: each 2.3 are ten times as rare"])];
      for (const [name, part, said, title] of bars) {
        const track = element("span", "track"), bar = element("i");
        track.title = title;
        bar.style.width = `${Math.round(100 * part)}%`;
        track.append(bar);
        parts.append(element("small", "", name), track, element("small", "", said));
      }
      card.append(line, parts);
      say.type = "button";
      say.setAttribute("aria-label", `Was it one? The alarm of ${time(Date.parse(a.start))}`);
      say.onclick = () => this.#judge(a);
      box.append(card, say);
      return box;
    }));
  }
}
