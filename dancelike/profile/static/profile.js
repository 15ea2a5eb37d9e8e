"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const data = JSON.parse($("#data").textContent);
  const {ink, redraws, onWidth} = stage;
  const THIN = "\u2009";
  if (!data.t.length || typeof uPlot === "undefined") return;

  const hosts = {time: $("#chart-time"), faults: $("#chart-faults"), memory: $("#chart-memory")};
  const hidden = new Set();
  const step = data.t.length > 1 ? data.t[1] - data.t[0] : 1;
  const span = [data.t[0] - step / 2, data.t[data.t.length - 1] + step / 2];
  // Told apart in grey, too.
  const DASHES = {segment_reference: [], segment_live: [], align: [7, 4], match: [2, 3], render: [10, 4, 2, 4], encode: []};
  const WIDTHS = {segment_reference: 2.5, segment_live: 2.5, encode: 2.5};

  const size = () => parseFloat(getComputedStyle(document.body).fontSize);
  const font = () => `${size()}px Inter, system-ui, sans-serif`;
  const left = () => Math.round(size() * 4.4);
  const axis = (extra) => Object.assign({
    stroke: () => ink.quiet, font: font(), grid: {stroke: () => ink.line, width: 1}, ticks: {show: false}, gap: 8,
  }, extra);
  const clock = (v) => v < 120 ? `${+v.toFixed(1)}${THIN}s` : `${Math.floor(v / 60)}:${String(Math.round(v % 60)).padStart(2, "0")}`;
  const timeAxis = (shown) => axis(shown ? {size: size() * 2.2, space: 80, values: (u, ticks) => ticks.map(clock)}
    : {size: 4, values: (u, ticks) => ticks.map(() => "")});
  const digits = (v) => v == null ? "–" : v >= 9.95 ? v.toFixed(0) : v >= 0.995 ? v.toFixed(1) : v.toFixed(2);

  const charts = [];
  const reads = Object.fromEntries(all("[data-read]").map((el) => [el.dataset.read, el]));
  function tell(index) {
    const at = index == null ? data.t.length - 1 : index;
    data.tasks.forEach((task) => { reads[task.name].textContent = digits(task.p95[at]); });
    reads.t.textContent = `second ${Math.floor(data.t[at]) + 1}, in ms`;
  }
  const cursor = {
    sync: {key: "time"}, y: false, drag: {x: false, y: false}, points: {show: false},
  };
  const hooks = {setCursor: [(u) => tell(u.cursor.idx)]};

  function chart(host, height, options, values) {
    const made = new uPlot(Object.assign({
      width: Math.max(host.clientWidth, 160), height, padding: [8, Math.round(size() * 1.3), 0, 0], legend: {show: false}, cursor, hooks,
    }, options), [data.t, ...values], host);
    charts.push(made);
    return made;
  }

  function bars(u, values, top, paint) {
    const {ctx, bbox} = u;
    const wide = Math.max(2, u.valToPos(data.t[0] + step, "x", true) - u.valToPos(data.t[0], "x", true)) * 0.7;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    values.forEach((value, i) => {
      if (!value) return;
      const [x, y0, y1] = [u.valToPos(data.t[i], "x", true), u.valToPos(top[i], "y", true), u.valToPos(top[i] + value, "y", true)];
      paint(ctx, x - wide / 2, y1, wide, Math.max(1, y0 - y1));
    });
    ctx.restore();
  }

  function build() {
    charts.splice(0).forEach((one) => one.destroy());
    const compact = hosts.time.clientWidth < 520;
    const shown = data.tasks.filter((task) => !hidden.has(task.name));
    const known = shown.flatMap((task) => task.p95).filter((v) => v != null && v > 0);
    const low = Math.min(...known, 10), high = Math.max(...known, 10);
    const decades = [10 ** (Math.floor(Math.log10(low) * 2) / 2), 10 ** (Math.ceil(Math.log10(high * 1.05) * 4) / 4)];
    const splits = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000].filter((v) => v >= decades[0] && v <= decades[1]);
    chart(hosts.time, compact ? 240 : 340, {
      scales: {x: {time: false, range: () => span}, y: {distr: 3, range: () => decades}},
      axes: [timeAxis(!hosts.faults && !hosts.memory), axis({size: left(), splits: () => splits, values: (u, ticks) => ticks.map((v) => `${v}${THIN}ms`), filter: (u, v) => v})],
      series: [{}, ...shown.map((task) => ({
        stroke: () => ink[task.ink] || ink.quiet, width: WIDTHS[task.name] || 1.75, dash: DASHES[task.name] || [4, 2],
        points: {show: data.t.length < 4}, paths: uPlot.paths.linear(),
      }))],
    }, shown.map((task) => task.p95));
    if (hosts.faults) {
      const most = Math.max(1, ...data.late.map((v, i) => v + data.dropped[i]));
      chart(hosts.faults, 112, {
        scales: {x: {time: false, range: () => span}, y: {range: () => [0, most * 1.05]}},
        axes: [timeAxis(false), axis({size: left(), space: 32, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]})],
        series: [{}, {paths: () => null, points: {show: false}}],
        hooks: {...hooks, draw: [(u) => {
          const px = devicePixelRatio;
          bars(u, data.late, data.late.map(() => 0), (ctx, x, y, w, h) => { ctx.fillStyle = ink.late; ctx.fillRect(x, y, w, h); });
          bars(u, data.dropped, data.late, (ctx, x, y, w, h) => {
            ctx.strokeStyle = ink.text;
            ctx.lineWidth = 1.5 * px;
            ctx.strokeRect(x + px, y + px, Math.max(1, w - 2 * px), Math.max(1, h - 2 * px));
          });
        }]},
      }, [data.late]);
    }
    const memory = data.memory.filter((v) => v != null);
    const peak = Math.max(...memory, 1);
    chart(hosts.memory, 120, {
      scales: {x: {time: false, range: () => span}, y: {range: () => [0, peak * 1.15]}},
      axes: [timeAxis(true), axis({size: left(), space: 32})],
      series: [{}, {stroke: () => ink.quiet, width: 2, fill: () => ink.line, points: {show: data.t.length < 4}}],
    }, [data.memory]);
    tell(null);
  }

  all(".pick[data-task]").forEach((button) => button.addEventListener("click", () => {
    const {task} = button.dataset;
    if (hidden.has(task)) hidden.delete(task); else hidden.add(task);
    button.setAttribute("aria-pressed", String(!hidden.has(task)));
    build();
  }));
  build();
  redraws.push(() => charts.forEach((one) => one.redraw(false)));
  onWidth(build);
})();
