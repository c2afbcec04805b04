// A field as it came, as it was expected, and the difference: pictures of up to 128 × 128 cells, once a second at the most.
import { get } from "./api.js";
import { element, number, time } from "./format.js";

const EVERY = 1000, NONE = 255;
const $ = id => document.getElementById(id);
// Both kinds are read by brightness too: for those who see no colours, and on paper.
const VALUES = ["#30123b", "#3f5ad6", "#2fb4d6", "#3bd08a", "#a8d83a", "#f2a33c", "#e5532a", "#7a0403"];
const ERRORS = { light: ["#0b4f9e", "#6aa5da", "#f4f6f8", "#e88a6a", "#a3142e"],
  dark: ["#7fb8ff", "#2c5c97", "#12171d", "#97402c", "#ff8a75"] };

function table(stops) {
  const rgb = stops.map(s => [1, 3, 5].map(i => parseInt(s.slice(i, i + 2), 16)));
  return Array.from({ length: NONE }, (_, step) => {
    const at = step / (NONE - 1) * (rgb.length - 1), low = Math.min(Math.floor(at), rgb.length - 2), part = at - low;
    return rgb[low].map((v, i) => Math.round(v + part * (rgb[low + 1][i] - v)));
  });
}

function paint(canvas, rows, columns, layer, colours) {
  const steps = Uint8Array.from(atob(layer.steps), letter => letter.charCodeAt(0));
  if (canvas.width !== columns || canvas.height !== rows) { canvas.width = columns; canvas.height = rows; }
  const context = canvas.getContext("2d"), picture = context.createImageData(columns, rows);
  for (let i = 0; i < steps.length; i++) if (steps[i] !== NONE) picture.data.set([...colours[steps[i]], 255], 4 * i);
  context.putImageData(picture, 0, 0);
  canvas.nextElementSibling.lastElementChild.textContent = layer.low === null ? "not known yet"
    : `${number(layer.low, 3)} … ${number(layer.high, 3)}`;
}

export class FieldLayers {
  #stream = null;
  #field = 0;
  #asked = false;
  #timer = 0;
  #drawnAt = 0;

  constructor() {
    $("layer").addEventListener("change", () => { this.#field = +$("layer").value; this.#drawnAt = 0; this.draw(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.#drawnAt = 0; this.draw(); });
  }

  // Of a stream, as the server tells of it; without a shape there is no field to be seen.
  show(stream, shape) {
    const other = JSON.stringify([stream, shape]);
    $("layersPanel").hidden = !shape;
    if (!shape) { this.#stream = null; clearTimeout(this.#timer); this.#timer = 0; return; }
    if ($("layersPanel").dataset.of !== other) {
      $("layersPanel").dataset.of = other;
      [this.#stream, this.#field, this.#drawnAt] = [stream, 0, 0];
      $("layer").replaceChildren(...shape.names.map((name, i) => { const e = element("option", "", name); e.value = i; return e; }));
      $("layerLine").hidden = shape.names.length < 2;
    }
    this.#stream = stream;
    this.draw();
  }

  async draw() {
    if (!this.#stream || this.#asked) return;
    const wait = this.#drawnAt + EVERY - performance.now();
    if (wait > 0) { if (!this.#timer) this.#timer = setTimeout(() => { this.#timer = 0; this.draw(); }, wait); return; }
    this.#asked = true;
    try {
      const view = await get("field", { ...this.#stream, field: this.#field });
      const dark = matchMedia("(prefers-color-scheme: dark)").matches, values = table(VALUES);
      paint($("layerObserved"), view.rows, view.columns, view.observed, values);
      paint($("layerExpected"), view.rows, view.columns, view.expected, values);
      // One that the feed has overtaken tells nothing any more.
      const ahead = view.ahead && view.aheadFrom + view.aheadSteps > view.position;
      $("layerAheadBox").hidden = !ahead;
      if (ahead) {
        paint($("layerAhead"), view.rows, view.columns, view.ahead, values);
        $("layerAheadText").textContent = `forecast, in ${view.aheadFrom + view.aheadSteps - view.position} steps`;
      }
      paint($("layerError"), view.rows, view.columns, view.error, table(dark ? ERRORS.dark : ERRORS.light));
      $("layersText").textContent =
        `${view.shape.rows} × ${view.shape.columns} cells, step ${view.position}, ${time(Date.parse(view.time), true)}`
        + (view.cells > 1 ? `; ${view.cells} × ${view.cells} cells make one here` : "");
      $("layers").dataset.position = view.position;
    } catch (error) {
      $("layersText").textContent = error.message;
    }
    this.#asked = false;
    this.#drawnAt = performance.now();
  }
}
