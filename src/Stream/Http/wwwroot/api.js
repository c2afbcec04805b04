// What the server tells and takes. Nothing is asked of any other host.
const BASE = "/api/v1";

const query = parameters => new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined
  && value !== "")).toString();

export async function get(path, parameters = {}, signal = undefined) {
  const response = await fetch(`${BASE}/${path}?${query(parameters)}`, { signal });
  if (!response.ok) throw Object.assign(new Error((await response.text()).trim()), { status: response.status });
  return response.json();
}

export async function write(method, path, parameters, token) {
  const response = await fetch(`${BASE}/${path}?${query(parameters)}`,
    { method, headers: token ? { Authorization: `Bearer ${token}` } : {} });
  if (!response.ok) throw new Error((await response.text()).trim());
}

// One line of events; it reconnects by itself. A stream that is watched is told step by step.
export class Changes {
  #source = null;
  #handlers;
  constructor(handlers) { this.#handlers = handlers; }
  watch(stream) {
    this.#source?.close();
    const source = this.#source = new EventSource(`${BASE}/changes?${query(stream ?? {})}`);
    // What came meanwhile was missed: all is asked for anew.
    source.onopen = () => this.#handlers.opened();
    source.onerror = () => {
      this.#handlers.lost();
      // Refused, as by another replica that has the stream now: a browser gives up then, a person would not.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => { if (this.#source === source) this.watch(stream); }, 3000);
    };
    for (const kind of ["changes", "points", "health"]) source.addEventListener(kind,
      e => { if (source === this.#source) this.#handlers[kind](JSON.parse(e.data)); });
  }
}
