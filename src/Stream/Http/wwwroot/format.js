// Numbers and times for a person. Times are UTC, as everywhere in esn.
export const number = (x, digits = 4) => x === null || x === undefined || !Number.isFinite(x) ? "–" : x === 0 ? "0"
  : Math.abs(x) >= 1e7 || Math.abs(x) < 1e-4 ? x.toExponential(Math.max(0, digits - 2)).replace(/\.?0+e/, "e")
  : String(+x.toPrecision(Math.max(digits, Math.ceil(Math.log10(Math.abs(x))))));
export const group = n => Math.round(n).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const two = n => String(n).padStart(2, "0");
export function clock(ms, fine = false) {
  const d = new Date(ms);
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`
    + (fine ? "." + String(d.getUTCMilliseconds()).padStart(3, "0") : "");
}
export function time(ms, fine = false) {
  const d = new Date(ms);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${clock(ms, fine)}`;
}
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const s = Math.abs(seconds);
  return s < 1 ? `${Math.round(1000 * s)} ms` : s < 90 ? `${+s.toPrecision(2)} s` : s < 5400 ? `${Math.round(s / 60)} min` : s < 172800
    ? `${+(s / 3600).toPrecision(2)} h` : `${Math.round(s / 86400)} d`;
}
export const size = bytes => bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB`
  : `${+(bytes / 1e9).toPrecision(3)} GB`;
export const STATES = { alarm: "alarm", silent: "silent", normal: "normal", warming_up: "warming up", muted: "muted" };
// A channel without a name goes by its number.
export const channel = name => /^\d+$/.test(name) ? `channel ${name}` : name;
// What a raw score looks at, by its name.
const LOOKS = [[/ over /, "a slow rise of what is named before"], [/^error/, "errors of one step"], [/^median error/, "errors that last"],
  [/ ahead /, "errors of a forecast"], [/^free run/, "errors of a forecast that runs by itself"],
  [/^out of range/, "values beyond their range"], [/^slow level/, "a level that changes slowly"], [/^level/, "the level of the channel"],
  [/^spread/, "noise that grew"], [/^quiet/, "noise that vanished"], [/^relation/, "what the other channels say of it"],
  [/^soft sensor/, "what the other channels say of it"], [/^shape/, "the shape of a period"],
  [/^unprecedented/, "never seen before"], [/^evidence/, "errors, and values of that hour"]];
export const looks = name => LOOKS.find(([pattern]) => pattern.test(name))?.[1] ?? "";
// The first of many names.
export const some = names => names.length <= 8 ? names.join(", ") : `${names.slice(0, 8).join(", ")} and ${names.length - 8} more`;
export function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined && text !== null) e.textContent = text;
  return e;
}
