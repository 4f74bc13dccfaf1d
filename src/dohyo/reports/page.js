"use strict";
const D = JSON.parse(document.getElementById("data").textContent), $ = id => document.getElementById(id);
const TIME = 0, LEVEL = 1, DETECTION = 2, VALUES = 3, FILE = 4, RECORD = 5, RAW = 6;
const LEVELS = ["critical", "high", "medium", "low", "informational"], PAGE = 100, PRINTED = 1000, GROUPS = 500, BINS = 120;
const A = D.alerts, N = A.length, DETECTIONS = Object.fromEntries(D.detections.map(d => [d.id, d]));

// Every element is made here, and every text is set as text: nothing of a log is ever read as markup.
function el(tag, text, cls) { const e = document.createElement(tag); if (text !== undefined && text !== null) e.textContent = text; if (cls) e.className = cls; return e; }
function button(text, label, act) { const b = el("button", text); b.type = "button"; if (label) b.setAttribute("aria-label", label); b.addEventListener("click", act); return b; }
function block(text) { const e = el("pre", text); e.tabIndex = 0; return e; }
function counted(n, what) { return n.toLocaleString("en") + " " + what + (n === 1 ? "" : "s"); }
function day(t) { return new Date(t).toISOString().slice(0, 19).replace("T", " "); }

const names = a => D.fields[a[DETECTION]] || [];
const HOST = new Set(["computer", "hostname", "host", "device_hostname"]);
const host = a => { const k = names(a).findIndex(n => HOST.has(n.toLowerCase())); return (k < 0 ? null : a[VALUES][k]) ?? ""; };
const title = a => DETECTIONS[a[DETECTION]]?.title || a[DETECTION];
const evidence = a => (a[FILE] === null ? "" : D.files[a[FILE]] + (a[RECORD] === null ? "" : ":" + a[RECORD]));
/** What can be grouped by and filtered on: name to the value of an alert. */
const OF = { Detection: title, Severity: a => a[LEVEL], File: a => (a[FILE] === null ? null : D.files[a[FILE]]), Technique: a => (DETECTIONS[a[DETECTION]]?.techniques || []).join(", "),
  "All values": a => [title(a), ...a[VALUES].filter(v => v !== null)].join("  ") };
for (const name of new Set(Object.values(D.fields).flat())) OF[name] ??= a => { const k = names(a).indexOf(name); return k < 0 ? null : a[VALUES][k]; };

const when = A.map(a => (a[TIME] ? Date.parse(a[TIME]) : NaN)), rank = A.map(a => LEVELS.indexOf(a[LEVEL])), hosts = A.map(host);
const text = A.map((a, i) => [a[TIME], a[LEVEL], title(a), a[DETECTION], ...a[VALUES], evidence(a)].join("\u0001").toLowerCase());
const known = when.filter(t => !isNaN(t));
const FIRST = known.reduce((a, b) => Math.min(a, b), Infinity), LAST = known.reduce((a, b) => Math.max(a, b), -Infinity);
const state = { page: 0, from: -Infinity, to: Infinity, chips: [], sort: "time", up: false };
let hits = [], printing = false;

// ---- choosing
function zoomed() { return state.from !== -Infinity; }
function find() {
  const words = $("q").value.toLowerCase().split(/\s+/).filter(Boolean), level = $("sev").value, det = $("det").value, all = !zoomed();
  const tests = state.chips.map(c => a => meets(c, a) !== c.not);
  const chosen = [];
  next: for (let i = 0; i < N; i++) {
    const a = A[i];
    if ((level && a[LEVEL] !== level) || (det && a[DETECTION] !== det)) continue;
    for (const w of words) if (!text[i].includes(w)) continue next;
    for (const t of tests) if (!t(a)) continue next;
    chosen.push(i);
  }
  line(chosen);
  hits = all ? chosen : chosen.filter(i => when[i] >= state.from && when[i] <= state.to);
  sort();
  $("hits").textContent = hits.length === N ? counted(N, "alert") : hits.length.toLocaleString("en") + " of " + counted(N, "alert");
  $("clear").hidden = hits.length === N && !words.length && !state.chips.length && !level && !det && all;
  $("chips").replaceChildren(...state.chips.map(c => { const li = el("li"); li.append(button(`${c.name} ${c.not ? "≠" : "="} ${c.value ?? "(none)"}  ×`, `Remove the filter on ${c.name}`, () => { state.chips = state.chips.filter(x => x !== c); again(); })); return li; }));
  draw();
}
/** A technique is one of several that a detection may have. */
function meets(c, a) { const v = OF[c.name](a); return v === c.value || (c.name === "Technique" && v.split(", ").includes(c.value)); }
function again() { state.page = 0; find(); }
function choose(name, value, not = false) {
  state.chips = state.chips.filter(c => c.name !== name || c.value !== value); state.chips.push({ name, value, not }); again();
}
function clear() { $("q").value = $("sev").value = $("det").value = $("grp").value = ""; state.chips = []; state.from = -Infinity; state.to = Infinity; again(); }
const ORDERS = { time: (i, j) => (when[i] || 0) - (when[j] || 0), severity: (i, j) => rank[j] - rank[i], detection: (i, j) => title(A[i]).localeCompare(title(A[j])), host: (i, j) => (hosts[i] < hosts[j] ? -1 : hosts[i] > hosts[j] ? 1 : 0) };
function sort() {
  if (state.sort === "time" && !state.up) return; // as they come: the newest first
  const by = ORDERS[state.sort], sign = state.up ? 1 : -1; hits.sort((i, j) => sign * by(i, j) || i - j);
}

// ---- the timeline
function span() { return zoomed() ? [state.from, state.to] : [FIRST, LAST]; }
function zoom(from, to) {
  const least = 1000; if (to - from < least) { const middle = (from + to) / 2; from = middle - least / 2; to = middle + least / 2; }
  [state.from, state.to] = from <= FIRST && to >= LAST ? [-Infinity, Infinity] : [from, to]; again();
}
function move(share) { const [a, b] = span(); const by = (b - a) * share; if (zoomed()) zoom(a + by, b + by); }
function scale(factor) { const [a, b] = span(), middle = (a + b) / 2, half = ((b - a) / 2) * factor; zoom(middle - half, middle + half); }
function rect(x, y, w, h, cls) { const r = document.createElementNS("http://www.w3.org/2000/svg", "rect"); for (const [k, v] of Object.entries({ x, y, width: w, height: h, class: cls })) r.setAttribute(k, v); return r; }
function line(chosen) {
  const svg = $("time"), [lo, hi] = span(); svg.replaceChildren(); $("axis").replaceChildren();
  for (const id of ["in", "out", "earlier", "later", "all"]) $(id).disabled = known.length < 2 || (id !== "in" && !zoomed());
  if (!known.length) { $("range").textContent = N ? "no alert has a time" : ""; $("timeline").hidden = $("to-timeline").hidden = !N; return; }
  const w = Math.max(1, (hi - lo + 1) / BINS), bins = Array.from({ length: BINS }, () => new Array(LEVELS.length).fill(0));
  for (const i of chosen) if (when[i] >= lo && when[i] <= hi) bins[Math.min(BINS - 1, Math.floor((when[i] - lo) / w))][Math.max(0, rank[i])]++;
  const sums = bins.map(b => b.reduce((x, y) => x + y, 0)), top = Math.max(1, ...sums);
  bins.forEach((b, i) => {
    if (!sums[i]) return;
    const high = Math.max(4, (92 * sums[i]) / top); let y = 100;
    for (let k = LEVELS.length - 1; k >= 0; k--) if (b[k]) { const h = (high * b[k]) / sums[i]; y -= h; svg.append(rect(i * 10 + 0.5, y, 9, h, LEVELS[k])); }
    const hit = rect(i * 10, 0, 10, 100, "hit"), tip = document.createElementNS("http://www.w3.org/2000/svg", "title");
    tip.textContent = `${counted(sums[i], "alert")} from ${day(lo + i * w)} UTC`; hit.append(tip); svg.append(hit);
  });
  const same = new Date(lo).toISOString().slice(0, 10) === new Date(hi).toISOString().slice(0, 10);
  const shown = same ? [11] : hi - lo > 90 * 864e5 ? [0, 10] : [5, 16]; // of a day its times, of years their days
  for (let k = 0; k <= 4; k++) $("axis").append(el("span", day(lo + ((hi - lo) * k) / 4).slice(...shown)));
  $("range").textContent = `${day(lo)} to ${same ? day(hi).slice(11) : day(hi)} UTC`;
}
function drag() {
  const chart = $("chart"), mark = $("mark"); let start = null;
  const share = e => { const box = chart.getBoundingClientRect(); return Math.min(1, Math.max(0, (e.clientX - box.left) / box.width)); };
  chart.addEventListener("pointerdown", e => { if (known.length > 1) { start = share(e); chart.setPointerCapture(e.pointerId); } });
  chart.addEventListener("pointermove", e => {
    if (start === null) return; const now = share(e); mark.hidden = false; mark.style.left = 100 * Math.min(start, now) + "%"; mark.style.width = 100 * Math.abs(now - start) + "%";
  });
  chart.addEventListener("pointercancel", () => { start = null; mark.hidden = true; });
  chart.addEventListener("pointerup", e => {
    if (start === null) return; const now = share(e), [lo, hi] = span(), at = s => lo + (hi - lo) * s; mark.hidden = true;
    const bin = Math.floor(start * BINS) / BINS; // a click looks into one bar
    if (Math.abs(now - start) < 0.006) zoom(at(bin), at(bin + 1 / BINS)); else zoom(at(Math.min(start, now)), at(Math.max(start, now)));
    start = null;
  });
}

// ---- an alert
function filled(step, a) {
  const values = { ...D.more[evidence(a)], ...Object.fromEntries(names(a).map((c, k) => [c.toLowerCase(), a[VALUES][k]])) };
  return step.replace(/\{\{\s*(\w+)\s*\}\}/g, (m, k) => values[k.toLowerCase()] ?? `(${k} unknown)`);
}
function inline(parent, step, a) { step.split("`").forEach((part, i) => parent.append(i % 2 ? el("code", filled(part, a)) : document.createTextNode(filled(part, a)))); return parent; }
/** A playbook's Markdown: headings, lists, paragraphs. The page's own, so its marks are read before values are put in. */
function steps(source, a) {
  const box = el("div", null, "steps"); let list = null, last = null;
  for (const row of source.split("\n")) {
    const heading = row.match(/^#+\s+(.*)/), item = row.match(/^\s*(\d+\.|[-*])\s+(.*)/);
    if (heading) { list = last = null; box.append(inline(el("h4"), heading[1], a)); }
    else if (item) {
      const tag = /\d/.test(item[1]) ? "OL" : "UL"; if (!list || list.tagName !== tag) { list = el(tag); box.append(list); }
      last = el("li"); inline(last, item[2], a); list.append(last);
    } else if (!row.trim()) last = null;
    else if (last) inline(last, " " + row.trim(), a);
    else { list = null; last = el("p"); inline(last, row.trim(), a); box.append(last); }
  }
  return box;
}
function part(name, content, open) { const d = el("details"); d.open = open; d.append(el("summary", name), content); return d; }
function pretty(raw) { try { return JSON.stringify(JSON.parse(raw), null, 2); } catch { return raw; } }
function copied(b, what) { navigator.clipboard.writeText(what).then(() => { b.textContent = "copied"; setTimeout(() => { b.textContent = "copy"; }, 1500); }, () => { b.textContent = "not allowed"; }); }
function command(words) { const p = el("p", null, "command"), b = button("copy", "Copy the command", () => copied(b, words)); p.append(el("code", words), b); return p; }
/** A word for a shell: in quotes unless it is harmless. */
function quoted(word) { return /^[\w@%+=:,./-]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'"; }
function details(a) {
  const box = el("td", null, "details"), dl = el("dl"), place = evidence(a), det = DETECTIONS[a[DETECTION]];
  names(a).forEach((c, k) => {
    const v = a[VALUES][k]; if (v === null) return;
    const dd = el("dd", v); dd.append(button("=", `Only alerts with this ${c}`, () => choose(c, v)), button("≠", `Only alerts without this ${c}`, () => choose(c, v, true))); dl.append(el("dt", c), dd);
  });
  dl.append(el("dt", "detection"), el("dd", a[DETECTION] + (det?.attack ? `  (${det.attack})` : "")));
  if (place) dl.append(el("dt", "evidence"), el("dd", place));
  box.colSpan = 6; box.append(dl);
  const tree = D.trees[D.tree_of[place]], told = D.investigations[place];
  if (told) box.append(part("Investigation", block(told), true)); else if (tree) box.append(part("Process tree", block(tree), true));
  if (det?.playbook) box.append(part("Playbook", steps(det.playbook, a), true));
  if (a[RAW]) box.append(part("Raw event", block(pretty(a[RAW])), false));
  if (a[FILE] !== null && a[RECORD] !== null) box.append(command(`dohyo investigate ${quoted(place)} ${quoted(D.files[a[FILE]])} -d ${quoted(a[DETECTION])}`));
  return box;
}
function cut(text, cls) { const td = el("td", null, cls); td.append(el("div", text, "cut")); return td; }
function row(i) {
  const a = A[i], tr = el("tr", null, "alert"), toggle = el("td", null, "toggle"), what = el("td", null, "what"), values = el("div", null, "values");
  names(a).forEach((c, k) => { const v = a[VALUES][k]; if (v === null || v === "" || HOST.has(c.toLowerCase())) return; const s = el("span"); s.append(el("i", c), el("span", v)); values.append(s); });
  const b = button("▸", `Evidence of alert ${i + 1}`, () => flip()); b.setAttribute("aria-expanded", "false"); toggle.append(b); what.append(values);
  const time = el("td", a[TIME] ? a[TIME].replace("T", " ").replace("Z", "") : "no time", "time");
  tr.id = "a" + i; tr.append(toggle, time, el("td", a[LEVEL], "severity " + (LEVELS.includes(a[LEVEL]) ? a[LEVEL] : "")), cut(title(a), "title"), cut(hosts[i], "host"), what);
  const flip = () => {
    const open = b.getAttribute("aria-expanded") !== "true"; b.setAttribute("aria-expanded", String(open)); b.textContent = open ? "▾" : "▸"; tr.classList.toggle("open", open);
    if (!open) tr.nextSibling.remove(); else { const more = el("tr"); more.append(details(a)); tr.after(more); }
  };
  tr.addEventListener("click", e => { if (!e.target.closest("button") && !getSelection().toString()) flip(); });
  return tr;
}

// ---- tables
const HEADS = [["time", "Time (UTC)"], ["severity", "Severity"], ["detection", "Detection"], ["host", "Host"]];
const CLASSES = { time: "time", severity: "severity", detection: "title", host: "host" };
function heads() {
  const g = $("grp").value, cells = [];
  if (g) for (const [h, cls] of [[g, ""], ["Alerts", "number"], ["", "meter"], ["First (UTC)", "time"], ["Last (UTC)", "time"]]) cells.push(el(h ? "th" : "td", h, cls));
  else {
    cells.push(el("td", null, "toggle"));
    for (const [id, name] of HEADS) {
      const th = el("th", null, CLASSES[id]), on = state.sort === id; th.append(button(name + (on ? (state.up ? " ↑" : " ↓") : ""), null, () => { state.up = on ? !state.up : id !== "time" && id !== "severity"; state.sort = id; state.page = 0; find(); }));
      th.setAttribute("aria-sort", on ? (state.up ? "ascending" : "descending") : "none"); cells.push(th);
    }
    cells.push(el("th", "What"));
  }
  for (const c of cells) if (c.tagName === "TH") c.scope = "col";
  $("head").replaceChildren(...cells);
}
function grouped(name) {
  const of = OF[name], groups = new Map();
  for (const i of hits) { const v = of(A[i]) ?? null, g = groups.get(v) || [0, Infinity, -Infinity]; g[0]++; if (when[i] < g[1]) g[1] = when[i]; if (when[i] > g[2]) g[2] = when[i]; groups.set(v, g); }
  const most = [...groups].sort((x, y) => y[1][0] - x[1][0]), top = most.length ? most[0][1][0] : 1;
  for (const [v, [n, first, last]] of most.slice(0, GROUPS)) {
    const tr = el("tr"), td = el("td", null, "group"), meter = el("td", null, "meter"), fill = el("span", null, "fill"); fill.style.width = (100 * n) / top + "%"; meter.append(fill);
    td.append(button(v ?? "(none)", null, () => { $("grp").value = ""; choose(name, v); }));
    tr.append(td, el("td", n.toLocaleString("en"), "number"), meter, el("td", first < Infinity ? day(first) : "", "time"), el("td", last > -Infinity ? day(last) : "", "time")); $("rows").append(tr);
  }
  $("page").textContent = counted(groups.size, "group") + (groups.size > GROUPS ? `, the largest ${GROUPS} shown` : "");
}
function nothing() {
  const td = el("td"), box = el("div", null, "empty"), tr = el("tr"); td.colSpan = 6;
  if (N) box.append(el("b", "No alert matches these filters."), el("p"), button("Clear filters", null, clear));
  else { box.append(el("b", "No alerts."), el("p", `${D.read.told}. What each detection could see is below.`, "soft")); }
  td.append(box); tr.append(td); $("rows").replaceChildren(tr); $("head").replaceChildren();
}
function draw() {
  const g = $("grp").value, size = printing ? PRINTED : PAGE; $("rows").replaceChildren(); heads(); $("pages").hidden = false;
  $("prev").hidden = $("next").hidden = Boolean(g);
  if (!hits.length) { nothing(); $("pages").hidden = true; return; }
  if (g) { grouped(g); return; }
  const start = printing ? 0 : state.page * PAGE;
  $("rows").append(...hits.slice(start, start + size).map(row));
  const pages = Math.max(1, Math.ceil(hits.length / PAGE)); $("pages").hidden = pages === 1;
  $("page").textContent = `${(start + 1).toLocaleString("en")}–${Math.min(hits.length, start + size).toLocaleString("en")} of ${hits.length.toLocaleString("en")}`;
  $("prev").disabled = state.page === 0; $("next").disabled = state.page + 1 >= pages;
}
function table(columns, rows) {
  const t = el("table"), head = el("tr"), body = el("tbody"); columns.forEach((c, k) => { const th = el("th", c, rows.length && typeof rows[0][k] === "number" ? "number" : ""); th.scope = "col"; head.append(th); });
  for (const r of rows) { const tr = el("tr"); for (const v of r) tr.append(typeof v === "number" ? el("td", v.toLocaleString("en"), "number") : el("td", v)); body.append(tr); }
  const top = el("thead"); top.append(head); t.append(top, body); return t;
}

// ---- what stands still
function facts() {
  const add = (n, what, cls, warn) => { const li = el("li", null, warn ? "warn" : ""); li.append(el("b", n.toLocaleString("en")), el("span", what, cls)); $("facts").append(li); };
  const levels = LEVELS.filter(s => A.some(a => a[LEVEL] === s)); if (!N) add(0, "alerts");
  for (const s of levels) { add(A.filter(a => a[LEVEL] === s).length, s, "dot " + s); $("sev").append(new Option(s, s)); }
  add(D.detections.filter(d => d.alerts).length, `of ${counted(D.detections.length, "detection")} fired`); const machines = new Set(hosts.filter(Boolean)).size; if (machines) add(machines, machines === 1 ? "host" : "hosts");
  add(D.read.events, "events read"); const blind = D.detections.filter(d => d.state.startsWith("could not")).length; if (blind) add(blind, blind === 1 ? "detection was blind" : "detections were blind", "", true);
  if (D.read.lost) add(D.read.lost, D.read.lost === 1 ? "problem in the logs" : "problems in the logs", "", true);
}
const STATES = [d => d.alerts > 0, d => d.state.startsWith("could not run"), d => d.state.startsWith("could not see"), () => true], FEW = 40;
function detections() {
  const order = d => STATES.findIndex(s => s(d)), sorted = [...D.detections].sort((x, y) => order(x) - order(y) || y.alerts - x.alerts);
  const shown = d => {
    const tr = el("tr"), name = el("td"); if (d.alerts) { const td = name; td.className = "group"; td.append(button(d.title, null, () => { clear(); $("det").value = d.id; again(); $("alerts").scrollIntoView(); })); } else name.append(el("span", d.title));
    name.append(el("div", d.id, "soft mono")); tr.append(name, el("td", d.attack), el("td", d.state, order(d) === 1 || order(d) === 2 ? "high" : "")); return tr;
  };
  $("dets").append(...sorted.slice(0, FEW).map(shown)); const told = ["fired", "could not run", "could not see", "quiet"].map((s, k) => [D.detections.filter(d => order(d) === k).length, s]).filter(x => x[0]);
  $("outcomes").textContent = told.map(x => x[0].toLocaleString("en") + " " + x[1]).join(", ");
  if (sorted.length > FEW) { const tr = el("tr"), td = el("td"); td.colSpan = 3; td.append(button(`Show ${sorted.length - FEW} more`, null, () => { tr.remove(); $("dets").append(...sorted.slice(FEW).map(shown)); })); tr.append(td); $("dets").append(tr); }
}
function matrix() {
  const most = Math.max(1, ...D.matrix.flatMap(t => t.techniques.map(x => x.alerts)));
  for (const t of D.matrix) {
    const box = el("div"); box.append(el("h3", t.tactic.replace(/[a-z]+/g, w => (w === "and" ? w : w[0].toUpperCase() + w.slice(1))).replaceAll("-", " ")));
    for (const x of t.techniques) {
      const label = el("span", x.id), cell = x.alerts ? button("", null, () => { clear(); choose("Technique", x.id); $("alerts").scrollIntoView(); }) : el("p");
      label.append(el("small", x.name)); cell.append(label); if (x.alerts) cell.append(el("b", x.alerts.toLocaleString("en"))); box.append(cell);
    }
    $("matrix").append(box);
  }
  $("attack").hidden = $("to-attack").hidden = !D.matrix.length;
}
function read() {
  const r = D.read; $("told").textContent = r.told + "."; if (r.problems.length) $("problems").append(el("h3", "Not read"), ...r.problems.map(p => el("p", p, "problem")));
  if (r.lost > r.problems.length) $("problems").append(el("p", `and ${r.lost - r.problems.length} more: dohyo hunt -v shows all`, "problem"));
  for (const [what, list] of r.notes) { const p = el("p"); p.append(el("b", what + ": "), document.createTextNode(list)); $("absent").append(p); }
  if (r.files.length) $("files").append(table(["File", "Format", "Events", "Broken"], r.files)); if (r.kinds.length) $("kinds").append(table(["Source", "Kind of event", "Events"], r.kinds));
}

// ---- beginning
let wait; $("q").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(again, 60); });
for (const id of ["sev", "det", "grp"]) $(id).addEventListener("change", again);
const ACTS = { all: () => zoom(FIRST, LAST), in: () => scale(0.5), out: () => scale(2), earlier: () => move(-0.5), later: () => move(0.5), clear, prev: () => { state.page--; draw(); $("alerts").scrollIntoView(); }, next: () => { state.page++; draw(); $("alerts").scrollIntoView(); } };
for (const [id, act] of Object.entries(ACTS)) $(id).addEventListener("click", act);
addEventListener("keydown", e => { if (e.key === "/" && !/INPUT|SELECT/.test(document.activeElement.tagName)) { e.preventDefault(); $("q").focus(); } if (e.key === "Escape" && document.activeElement === $("q")) { $("q").value = ""; again(); } });
addEventListener("beforeprint", () => { printing = true; draw(); }); addEventListener("afterprint", () => { printing = false; draw(); });
$("made").textContent = D.made;
for (const d of D.detections) if (d.alerts) $("det").append(new Option(d.title, d.id));
for (const name of Object.keys(OF)) $("grp").append(new Option(name, name));
if (D.suppressed.length) { $("tuned").hidden = $("to-tuned").hidden = false; $("suppressed").append(...D.suppressed.map(s => el("li", s))); }
facts(); matrix(); detections(); read(); drag(); find();
const linked = () => { const one = /^#a\d+$/.test(location.hash) && $(location.hash.slice(1)); if (one && !one.classList.contains("open")) { one.querySelector("button").click(); one.scrollIntoView(); } };
addEventListener("hashchange", linked); linked();
