// What the server tells and takes. Nothing is asked of any other host.
const BASE = "/api/v1", AGAIN = 3000;

const query = parameters => new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined
  && value !== "")).toString();

// Each browser has words of its own for a process that is gone, before its answer or within it.
const gone = error => { throw error instanceof TypeError ? new Error("The process does not answer.") : error; };
const ask = (address, options) => fetch(address, options).catch(gone);
const said = async response => (await response.text().catch(gone)).trim();

export async function get(path, parameters = {}, signal = undefined) {
  const response = await ask(`${BASE}/${path}?${query(parameters)}`, { signal });
  if (!response.ok) throw Object.assign(new Error(await said(response)), { status: response.status });
  return response.json().catch(gone);
}

export async function write(method, path, parameters, token) {
  if (token && !/^[ -~]+$/.test(token)) throw new Error("this is no token of http.tokens");  // no header carries it
  const response = await ask(`${BASE}/${path}?${query(parameters)}`,
    { method, headers: token ? { Authorization: `Bearer ${token}` } : {} });
  if (!response.ok) throw new Error(await said(response));
}

// One line of events; it reconnects by itself. A stream that is watched is told step by step.
export class Changes {
  #source = null;
  #wanted = null;
  #handlers;
  #timer = 0;
  constructor(handlers) { this.#handlers = handlers; }

  watch(stream) { this.#wanted = stream; this.#open(stream); }

  #open(stream) {
    clearTimeout(this.#timer); this.#timer = 0;
    this.#source?.close();
    const source = this.#source = new EventSource(`${BASE}/changes?${query(stream ?? {})}`);
    // What came meanwhile was missed: all is asked for anew.
    source.onopen = () => this.#handlers.opened();
    source.onerror = () => {
      if (source !== this.#source) return;
      const refused = source.readyState === EventSource.CLOSED;
      // Another replica has the stream: what is here goes on without it.
      if (refused && stream) this.#open(null); else this.#handlers.lost();
      if (refused) this.#again();
    };
    for (const kind of ["changes", "points", "health"]) source.addEventListener(kind,
      e => { if (source === this.#source) this.#handlers[kind](JSON.parse(e.data)); });
  }

  // A browser gives up where it is refused, a person would not.
  #again() {
    const timer = this.#timer = setTimeout(async () => {
      const here = !this.#wanted || await get("stream", { ...this.#wanted, points: 1 }).then(() => true, () => false);
      if (timer !== this.#timer) return;
      if (here) { this.#open(this.#wanted); return; }
      if (this.#source.readyState === EventSource.CLOSED) this.#open(null);
      this.#again();
    }, AGAIN);
  }
}
