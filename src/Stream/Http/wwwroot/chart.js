// The pictures, by Apache ECharts. Colours come from the style sheet, so that both themes have theirs.
import { number, time } from "./format.js";

const FLOOR = .01, MOST_CHANNELS = 4;
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const pair = (times, values) => times.map((t, i) => [t, values[i]]);

export class SignalChart {
  #chart;
  #box;
  #zoomed;
  #timer = 0;
  #detail = null;

  // zoomed is told the range, in ms since 1970, that a hand chose.
  constructor(box, zoomed) {
    [this.#box, this.#zoomed] = [box, zoomed];
    this.#chart = echarts.init(box, null, { renderer: "canvas" });
    new ResizeObserver(() => this.#chart.resize()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (this.#detail) this.draw(this.#detail); });
    this.#chart.on("datazoom", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        const zoom = this.#chart.getOption().dataZoom[0];
        if (zoom.start > .01 || zoom.end < 99.99) this.#zoomed(zoom.startValue, zoom.endValue);
      }, 250);
    });
  }

  clear() { this.#detail = null; this.#chart.clear(); }

  draw(detail) {
    this.#detail = detail;
    // Of a field single cells tell nothing: its pictures stand beside this.
    const p = detail.points, names = detail.shape ? [] : detail.channelNames.slice(0, MOST_CHANNELS), n = names.length;
    const coarse = p.stride > 1;
    const phone = innerWidth <= 820, height = n === 0 ? 210 : n > 1 ? (phone ? 90 : 130) * n + 210 : phone ? 400 : 460;
    if (this.#box.clientHeight !== height) { this.#box.style.height = `${height}px`; this.#chart.resize(); }
    const [ink, muted, line] = [colour("ink"), colour("muted"), colour("grid")];
    const total = this.#box.clientHeight, scoreHeight = n === 0 ? total - 48 : Math.min(150, total * .3), top = 14, gap = 26, foot = 34;
    const each = (total - top - foot - scoreHeight - gap * n) / Math.max(1, n);
    const grid = [], xAxis = [], yAxis = [], series = [];
    const alarms = detail.alarms.map(a => [{ xAxis: Date.parse(a.start), itemStyle: { color: colour("shade") } },
      { xAxis: a.end ? Date.parse(a.end) : p.time[p.time.length - 1] }])
      .filter(([a, b]) => p.time.length && b.xAxis >= p.time[0] && a.xAxis <= p.time[p.time.length - 1]);
    // An area is cut off at the ends of the axis by itself only where it has both within.
    const within = alarms.map(([a, b]) => [{ ...a, xAxis: Math.max(a.xAxis, p.time[0]) },
      { xAxis: Math.min(b.xAxis, p.time[p.time.length - 1]) }]);
    const area = { silent: true, data: within };
    for (let c = 0; c <= n; c++) {
      const isScore = c === n;
      grid.push({ left: 66, outerBoundsMode: "none", right: 18, top: top + c * (each + gap), height: isScore ? scoreHeight : each });
      xAxis.push({ type: "time", gridIndex: c, min: p.time[0], max: p.time[p.time.length - 1], useUTC: true,
        axisLine: { lineStyle: { color: line } }, axisTick: { show: isScore, lineStyle: { color: line } },
        axisLabel: { show: isScore, color: muted, hideOverlap: true }, splitLine: { show: false },
          axisPointer: { label: { show: false } } });
      yAxis.push(isScore
        ? { type: "log", gridIndex: c, min: FLOOR, max: Math.max(10, ...p.score.map(v => 10 ** Math.ceil(Math.log10(Math.max(v, FLOOR))))),
          name: "score", nameLocation: "middle", nameGap: 46, nameTextStyle: { color: muted }, axisLabel: { color: muted },
          splitLine: { lineStyle: { color: line } } }
        : { type: "value", gridIndex: c, scale: true, name: n > 1 ? names[c] : "", nameLocation: "middle", nameGap: 50,
          nameTextStyle: { color: muted }, axisLabel: { color: muted, formatter: v => number(v, 9), hideOverlap: true },
          splitLine: { lineStyle: { color: line } }, splitNumber: n > 1 ? 2 : 4 });
      const basic = { type: "line", xAxisIndex: c, yAxisIndex: c, showSymbol: false, animation: false, silent: true };
      if (isScore) {
        series.push({ ...basic, id: "score", name: "score",
          data: pair(p.time, p.score.map((v, i) => (p.marks[i] & 1) ? null : Math.max(v, FLOOR))),
          lineStyle: { width: 1.5, color: colour("ink") }, itemStyle: { color: ink }, markArea: area,
          markLine: { silent: true, symbol: "none", animation: false, data: [{ yAxis: 1 }],
            lineStyle: { color: colour("alarm"), width: 1.2, type: "solid" },
            label: { formatter: "alarm", position: "insideEndTop", color: colour("alarm") } } });
        continue;
      }
      const channel = p.channels[c], low = channel.expected.map((v, i) => v === null || channel.width[i] === null ? null
        : v - channel.width[i]);
      const widths = channel.width.map((w, i) => low[i] === null ? null : 2 * w);
      series.push(
        { ...basic, id: `low${c}`, name: "", data: pair(p.time, low), stack: `band${c}`, stackStrategy: "all", lineStyle: { opacity: 0 },
          tooltip: { show: false } },
        { ...basic, id: `band${c}`, name: "", data: pair(p.time, widths), stack: `band${c}`, stackStrategy: "all",
          lineStyle: { opacity: 0 }, areaStyle: { color: colour("band"), opacity: 1 } },
        { ...basic, id: `expected${c}`, name: "expected", data: pair(p.time, channel.expected),
          lineStyle: { width: 1.8, color: colour("expected") } },
        { ...basic, id: `high${c}`, name: "", data: coarse ? pair(p.time, channel.high) : [],
          lineStyle: { width: 1.1, color: colour("observed") } },
        { ...basic, id: `observed${c}`, name: "observed", data: pair(p.time, channel.low),
          lineStyle: { width: 1.3, color: colour("observed") }, markArea: area },
        { ...basic, id: `forecast${c}`, name: "normal", data: this.#forecast(detail, c),
          lineStyle: { width: 1.8, type: "dashed", color: colour("forecast") }, connectNulls: false });
    }
    this.#chart.setOption({
      animation: false, backgroundColor: "transparent", textStyle: { color: ink, fontFamily: "system-ui, sans-serif" }, useUTC: true, grid,
        xAxis, yAxis, series,
      axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: muted } },
      dataZoom: [{ type: "inside", xAxisIndex: xAxis.map((_, i) => i), filterMode: "none", start: 0, end: 100, minSpan: .5 }],
      // Drawn into the canvas: markup with styles in it is refused by the content policy, as it should.
      tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: colour("panel"), borderColor: colour("line"),
        textStyle: { color: ink, fontSize: 12 }, formatter: items => this.#tip(detail, items) },
    }, { notMerge: true });
  }

  // While an alarm is open the model says step by step what normal would be; ahead of it, by the forecast from before the onset.
  #forecast(detail, c) {
    const p = detail.points, data = [];
    const told = pair(p.time, p.channels[c].forecast).filter(([, v]) => v !== null);
    const lastTold = told.length ? told[told.length - 1][0] : -Infinity;
    for (const alarm of [...detail.alarms].reverse()) {
      const f = alarm.forecast;
      if (!f || !f.channels[c]) continue;
      f.time.forEach((t, i) => { if (t >= p.time[0] && t <= p.time[p.time.length - 1]) data.push([t, f.channels[c][i]]); });
      data.push([f.time[f.time.length - 1], null]);
    }
    return lastTold > -Infinity && told.length > 2 ? [...data.filter(([t]) => t < told[0][0]), ...told] : data;
  }

  #tip(detail, items) {
    const p = detail.points, at = items.length ? items[0].value[0] : NaN;
    let i = 0, j = p.time.length - 1;
    while (i < j) { const middle = (i + j) >> 1; if (p.time[middle] < at) i = middle + 1; else j = middle; }
    if (!(p.time.length > 0)) return "";
    const said = [`${time(p.time[i], true)}   step ${p.position[i]}${p.stride > 1 ? ` … ${p.position[i] + p.stride - 1}` : ""}`];
    (detail.shape ? [] : detail.channelNames).slice(0, MOST_CHANNELS).forEach((name, c) => {
      const ch = p.channels[c], name1 = detail.channelNames.length > 1 ? `${name}: ` : "";
      const came = ch.low[i] === ch.high[i] ? number(ch.low[i], 5) : `${number(ch.low[i], 5)} … ${number(ch.high[i], 5)}`;
      const normal = ch.forecast[i] !== null ? `   normal ${number(ch.forecast[i], 5)}` : "";
      said.push(`${name1}${came}   expected ${number(ch.expected[i], 5)} ± ${number(ch.width[i], 2)}${normal}`);
    });
    said.push(p.marks[i] & 1 ? "warming up"
      : `score ${number(p.score[i], 3)}${p.marks[i] & 2 ? ", muted" : ""}${p.marks[i] & 4 ? ", alarm open" : ""}`
        + (p.marks[i] & 8 ? ", no frame came" : ""));
    return said.join("\n");
  }
}

export class FieldChart {
  #chart = null;
  #box;
  constructor(box) { this.#box = box; }
  draw(field) {
    this.#chart ??= echarts.init(this.#box, null, { renderer: "canvas" });
    this.#chart.resize();
    const data = [], muted = colour("muted");
    let hottest = 1;
    for (let i = 0; i < field.heat.length; i++) {
      hottest = Math.max(hottest, field.heat[i]);
      data.push([i % field.columns, Math.floor(i / field.columns), Math.max(.1, field.heat[i])]);
    }
    const names = n => Array.from({ length: n }, (_, i) => String(i * field.cells));
    this.#chart.setOption({
      animation: false, backgroundColor: "transparent", grid: { left: 46, right: 84, top: 16, bottom: 34 },
      xAxis: { type: "category", data: names(field.columns), axisLabel: { color: muted } },
      yAxis: { type: "category", data: names(field.rows), inverse: true,
        axisLabel: { color: muted, interval: Math.ceil(field.rows / 14) - 1 } },
      // Heat goes over decades; 1 is usual.
      visualMap: { type: "continuous", min: 0, max: Math.log10(Math.max(10, hottest)), dimension: 3, right: 6, top: "middle",
        calculable: false, text: [number(Math.max(10, hottest), 2), "usual"], textStyle: { color: muted },
        inRange: { color: matchMedia("(prefers-color-scheme: dark)").matches ? ["#161b22", "#5b2a86", "#d13a6b", "#ff9f43", "#fff3b0"]
          : ["#f7f9fb", "#fde0a6", "#f59a4b", "#d13a6b", "#5b1a66"] } },
      series: [{ type: "heatmap", data: data.map(d => [...d, Math.max(0, Math.log10(d[2]))]), progressive: 0, animation: false,
        encode: { value: 3 },
        markArea: { silent: true, itemStyle: { color: "transparent", borderColor: colour("expected"), borderWidth: 2 },
          data: field.regions.map(r => [{ xAxis: Math.floor(r.left / field.cells), yAxis: Math.floor(r.top / field.cells) },
            { xAxis: Math.floor(r.right / field.cells), yAxis: Math.floor(r.bottom / field.cells) }]) } }],
    }, { notMerge: true });
  }
}
