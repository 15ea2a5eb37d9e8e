"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const data = JSON.parse($("#data").textContent);
  const THIN = "\u2009";
  const GLYPHS = ["star", "diamond", "circle", "square", "cross"];

  const {ink, redraws, rgb, mix, onWidth} = stage;

  // --- colours and words ---------------------------------------------------------------------------------------
  function shapeInk(shape) {
    if (shape == null) return ink.unseen;
    if (shape < 50) return mix(ink.poor, ink.fair, Math.max(shape, 0) / 50);
    return mix(ink.fair, ink.good, Math.min((shape - 50) / 35, 1));
  }
  function leadInk(lead) {
    if (lead == null) return ink.unseen;
    return mix(ink["on-time"], lead < 0 ? ink.early : ink.late, Math.min(Math.abs(lead) / 60, 1));
  }
  const leadWords = (lead) => lead == null ? "–"
    : Math.abs(lead) < 0.5 ? "on time" : `${Math.abs(Math.round(lead))}${THIN}ms ${lead > 0 ? "late" : "early"}`;

  // --- the part that is looked at --------------------------------------------------------------------------------
  let picked = null;
  const picks = all(".pick");
  function pick(part) {
    picked = part;
    picks.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.part === part)));
    all(".figure").forEach((figure) => {
      figure.classList.toggle("picking", part !== null);
      all(".part", figure).forEach((g) => g.classList.toggle("picked", g.dataset.part === part));
    });
    redraws.forEach((redraw) => redraw());
  }
  picks.forEach((button) => button.addEventListener("click", () => pick(picked === button.dataset.part ? null : button.dataset.part)));
  all(".figure .part").forEach((g) => g.addEventListener("click", () => pick(picked === g.dataset.part ? null : g.dataset.part)));

  if (!data.t.length || typeof uPlot === "undefined") return;

  // --- charts ----------------------------------------------------------------------------------------------------
  const t = data.t;
  const start = t[0], end = t[t.length - 1] > t[0] ? t[t.length - 1] : t[0] + 1;
  const gap = t.length > 1 ? 2.5 * (end - start) / (t.length - 1) : 1;
  const size = () => parseFloat(getComputedStyle(document.body).fontSize);
  const font = () => `${size()}px Inter, system-ui, sans-serif`;
  const axis = (extra) => Object.assign({
    stroke: () => ink.quiet, font: font(), grid: {stroke: () => ink.line, width: 1}, ticks: {show: false}, gap: 8,
  }, extra);
  const secondsAxis = (extra) => axis(Object.assign({
    size: size() * 2.2, space: 72, values: (u, ticks) => ticks.map((v) => `${+v.toFixed(2)}${THIN}s`),
  }, extra));
  const LEFT = () => Math.round(size() * 3.6);
  const none = {show: false};

  // A line whose colour and thickness follow its value: in grey, thickness alone still tells.
  function ribbon(u, values, colour, width) {
    const {ctx} = u;
    const px = devicePixelRatio;
    ctx.save();
    ctx.lineCap = "round";
    for (let i = 1; i < t.length; i++) {
      const [a, b] = [values[i - 1], values[i]];
      if (a == null || b == null || t[i] - t[i - 1] > gap) continue;
      ctx.beginPath();
      ctx.strokeStyle = colour((a + b) / 2);
      ctx.lineWidth = width((a + b) / 2) * px;
      ctx.moveTo(u.valToPos(t[i - 1], "x", true), u.valToPos(a, "y", true));
      ctx.lineTo(u.valToPos(t[i], "x", true), u.valToPos(b, "y", true));
      ctx.stroke();
    }
    ctx.restore();
  }
  function thinLine(u, values) {
    const {ctx} = u;
    ctx.save();
    ctx.strokeStyle = ink.accent;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.beginPath();
    let pen = false;
    values.forEach((value, i) => {
      if (value == null) { pen = false; return; }
      const [x, y] = [u.valToPos(t[i], "x", true), u.valToPos(value, "y", true)];
      if (pen && t[i] - t[i - 1] <= gap) ctx.lineTo(x, y); else ctx.moveTo(x, y);
      pen = true;
    });
    ctx.stroke();
    ctx.restore();
  }
  function clipped(u, draw) {
    const {ctx, bbox} = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top - 4, bbox.width, bbox.height + 8);
    ctx.clip();
    draw(ctx, bbox);
    ctx.restore();
  }
  // Hatching where nothing was seen, so that a gap cannot be mistaken for a bad value.
  function hatch(u, values) {
    clipped(u, (ctx, bbox) => {
      const px = devicePixelRatio;
      for (let i = 0; i < t.length; i++) {
        if (values[i] != null) continue;
        let j = i;
        while (j + 1 < t.length && values[j + 1] == null) j++;
        const [x0, x1] = [u.valToPos(t[Math.max(i - 1, 0)], "x", true), u.valToPos(t[Math.min(j + 1, t.length - 1)], "x", true)];
        ctx.save();
        ctx.beginPath();
        ctx.rect(x0, bbox.top, x1 - x0, bbox.height);
        ctx.clip();
        ctx.fillStyle = ink.surface;
        ctx.fillRect(x0, bbox.top, x1 - x0, bbox.height);
        ctx.strokeStyle = ink.unseen;
        ctx.lineWidth = 1.5 * px;
        ctx.beginPath();
        for (let x = x0 - bbox.height; x < x1; x += 8 * px) { ctx.moveTo(x, bbox.top + bbox.height); ctx.lineTo(x + bbox.height, bbox.top); }
        ctx.stroke();
        ctx.restore();
        i = j;
      }
    });
  }

  const hosts = {shape: $("#chart-shape"), lead: $("#chart-lead"), path: $("#chart-path")};
  const leads = [data.lead, ...Object.values(data.parts).map((part) => part.lead)].map((values) => {
    const known = values.filter((v) => v != null).map(Math.abs).sort((a, b) => a - b);
    return known[Math.floor(known.length * 0.98)] || 0;
  });
  const reach = Math.ceil(Math.min(Math.max(120, 1.1 * Math.max(...leads)), 3000) / 60) * 60;
  const charts = {};

  function timeChart(host, height, range, yAxis, xAxis, draw) {
    const chart = new uPlot({
      width: Math.max(host.clientWidth, 160), height, padding: [8, 8, 0, 0], legend: none, cursor: none,
      scales: {x: {time: false, range: () => [start, end]}, y: {range: () => range}},
      axes: [xAxis, yAxis], series: [{}, {paths: () => null, points: none}],
      hooks: {draw: [draw]},
    }, [t, t.map(() => null)], host);
    watch(chart, (u, x) => u.posToVal(x, "x"));
    chart.head = headOf(chart);
    return chart;
  }
  function headOf(chart) {
    const head = document.createElement("div");
    head.className = "playhead";
    chart.over.append(head);
    return head;
  }
  function watch(chart, toTime) {
    const move = (event) => {
      const box = chart.over.getBoundingClientRect();
      go(nearest(t, toTime(chart, event.clientX - box.left)));
    };
    chart.over.addEventListener("pointermove", move);
    chart.over.addEventListener("pointerdown", move);
  }
  function nearest(values, wanted) {
    let low = 0, high = values.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] < wanted) low = middle + 1; else high = middle;
    }
    return low > 0 && wanted - values[low - 1] < values[low] - wanted ? low - 1 : low;
  }

  function build() {
    Object.values(charts).forEach((chart) => chart.destroy());
    const compact = hosts.shape.clientWidth < 520;
    charts.shape = timeChart(hosts.shape, compact ? 190 : 264, [0, 100],
      axis({size: LEFT(), splits: [0, 25, 50, 75, 100]}), secondsAxis({values: (u, v) => v.map(() => ""), size: 4}), (u) => {
        hatch(u, data.shape);
        clipped(u, () => {
          ribbon(u, data.shape, shapeInk, (v) => 1.4 + 3.6 * v / 100);
          if (picked && data.parts[picked]) thinLine(u, data.parts[picked].shape);
        });
      });
    const step = reach > 240 ? Math.ceil(reach / 180) * 60 : reach / 2;
    const splits = [];
    for (let v = -Math.floor(reach / step) * step; v <= reach; v += step) splits.push(v);
    charts.lead = timeChart(hosts.lead, compact ? 160 : 204, [-reach, reach],
      axis({size: LEFT(), splits, values: (u, v) => v.map((x) => x > 0 ? `+${x}` : x < 0 ? `−${-x}` : "0")}), secondsAxis(), (u) => {
        hatch(u, data.lead);
        clipped(u, (ctx, bbox) => {
          ctx.fillStyle = ink.line;
          ctx.globalAlpha = 0.45;
          const [top, bottom] = [u.valToPos(60, "y", true), u.valToPos(-60, "y", true)];
          ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
          ctx.globalAlpha = 1;
          ribbon(u, data.lead, leadInk, (v) => 1.6 + 2.4 * Math.min(Math.abs(v) / 120, 1));
          if (picked && data.parts[picked]) thinLine(u, data.parts[picked].lead);
        });
      });
    if (hosts.path) buildPath();
    // uPlot lays itself out in a microtask; what depends on its scales comes after it.
    queueMicrotask(() => {
      buildMarkers();
      buildGrades();
      place();
    });
  }

  function buildMarkers() {
    data.moments.forEach((moment) => {
      const pin = document.createElement("span");
      pin.className = `marker pin ${moment.kind}`;
      pin.textContent = moment.n;
      pin.style.left = `${charts.shape.valToPos(moment.t, "x")}px`;
      charts.shape.over.append(pin);
    });
  }

  function buildGrades() {
    const strip = $("#grades");
    const left = LEFT(), width = charts.shape.over.clientWidth || charts.shape.bbox.width / devicePixelRatio;
    const cells = Math.max(1, Math.floor(width / 18));
    const found = Array.from({length: cells}, () => new Array(5).fill(0));
    t.forEach((value, i) => {
      if (data.grade[i] == null) return;
      found[Math.min(cells - 1, Math.floor((value - start) / (end - start) * cells))][data.grade[i]]++;
    });
    const marks = found.map((counts, i) => {
      const most = Math.max(...counts);
      if (!most) return "";
      const grade = counts.lastIndexOf(most);
      const x = left + (i + 0.5) * width / cells - 6;
      return `<svg class="mark j-${data.judgements[grade][0]}" x="${x.toFixed(1)}" y="6" width="12" height="12" viewBox="0 0 24 24" fill="currentColor"><use href="#g-${GLYPHS[grade]}"/></svg>`;
    });
    // The slider's thumb runs under the play-head.
    const thumb = 8;
    scrub.style.marginLeft = `${left - thumb}px`;
    scrub.style.width = `${width + 2 * thumb}px`;
    strip.innerHTML = `<svg width="${left + width}" height="24">${marks.join("")}</svg>`;
  }

  // Take against reference, both axes to one scale, so that the slope can be read as tempo.
  function buildPath() {
    const {reference, take} = data;
    const span = 1.04 * Math.max(reference[reference.length - 1] - reference[0], Math.max(...take) - Math.min(...take), 0.1);
    const low = Math.min(reference[0], take[0]) - 0.02 * span;
    const high = Math.max(low + span, Math.max(reference[reference.length - 1], Math.max(...take)) + 0.02 * span);
    const side = Math.min(Math.max(hosts.path.clientWidth, 200) - LEFT() - 16, 400);
    charts.path = new uPlot({
      width: side + LEFT() + 16, height: side + size() * 2.2 + 8, padding: [8, 16, 0, 0], legend: none, cursor: none,
      scales: {x: {time: false, range: () => [low, high]}, y: {range: () => [low, high]}},
      axes: [secondsAxis(), secondsAxis({size: LEFT(), space: 48})],
      series: [{}, {paths: () => null, points: none}],
      hooks: {draw: [drawPath]},
    }, [reference, reference.map(() => null)], hosts.path);
    const u = charts.path;
    watch(u, (chart, x) => chart.posToVal(x, "x"));
    u.head = headOf(u);
    u.head.classList.add("thin");
    u.flat = document.createElement("div");
    u.flat.className = "playhead flat";
    u.dot = document.createElement("div");
    u.dot.className = "playdot";
    u.over.append(u.flat, u.dot);
  }
  function drawPath(u) {
    const px = devicePixelRatio;
    const at = (x, y) => [u.valToPos(x, "x", true), u.valToPos(y, "y", true)];
    clipped(u, (ctx, bbox) => {
      const {min, max} = u.scales.x;
      ctx.strokeStyle = ink.reference;
      ctx.lineWidth = 1.5 * px;
      ctx.setLineDash([6 * px, 6 * px]);
      ctx.beginPath();
      ctx.moveTo(...at(min, min));
      ctx.lineTo(...at(max, max));
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.strokeStyle = ink.dancer;
      ctx.lineWidth = 3 * px;
      ctx.lineJoin = "round";
      ctx.beginPath();
      data.reference.forEach((x, i) => i ? ctx.lineTo(...at(x, data.take[i])) : ctx.moveTo(...at(x, data.take[i])));
      ctx.stroke();
      // The key: how steep half, equal and double speed would be.
      const [x0, y0] = [bbox.left + bbox.width - 84 * px, bbox.top + bbox.height - 14 * px];
      ctx.font = `${size() * px}px Inter, system-ui, sans-serif`;
      ctx.fillStyle = ink.quiet;
      ctx.strokeStyle = ink.quiet;
      ctx.lineWidth = 1.5 * px;
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      [[2, "½×"], [1, "1×"], [0.5, "2×"]].forEach(([slope, label]) => {
        const unit = px / Math.hypot(1, slope);
        ctx.beginPath();
        ctx.moveTo(x0, y0);
        ctx.lineTo(x0 + 46 * unit, y0 - 46 * unit * slope);
        ctx.stroke();
        ctx.fillText(label, x0 + 62 * unit, y0 - 62 * unit * slope);
      });
    });
  }

  // --- the play-head: one time for every chart ---------------------------------------------------------------------
  const scrub = $("#scrub");
  scrub.max = String(t.length - 1);
  let now = 0;
  const read = Object.fromEntries(all("[data-read]").map((el) => [el.dataset.read, el]));
  const pickedReads = Object.fromEntries(all("[data-picked]").map((el) => [el.dataset.picked, el]));
  const fleshes = Object.fromEntries(all("#moment .part").map((g) => [g.dataset.part, {g, flesh: $(".flesh", g), title: $("title", g)}]));

  function takeAt(time) {
    const {reference, take} = data;
    if (reference.length < 2) return null;
    const i = nearest(reference, time);
    let [a, b] = [i, i];
    while (a > 0 && reference[i] - reference[a] < 0.5) a--;
    while (b < reference.length - 1 && reference[b] - reference[i] < 0.5) b++;
    const spent = take[b] - take[a];
    return {x: reference[i], y: take[i], tempo: spent > 0.02 ? (reference[b] - reference[a]) / spent : null};
  }
  function place() {
    ["shape", "lead"].forEach((name) => { charts[name].head.style.left = `${charts[name].valToPos(t[now], "x")}px`; });
    const at = takeAt(t[now]);
    if (charts.path && at) {
      const u = charts.path, [x, y] = [u.valToPos(at.x, "x"), u.valToPos(at.y, "y")];
      u.head.style.left = u.dot.style.left = `${x}px`;
      u.flat.style.top = u.dot.style.top = `${y}px`;
    }
    const shape = data.shape[now], lead = data.lead[now], grade = data.grade[now];
    const word = grade == null ? "–" : data.judgements[grade][1];
    read.t.textContent = `${t[now].toFixed(2)}${THIN}s`;
    read.shape.textContent = shape == null ? "not seen" : Math.round(shape);
    read.lead.textContent = leadWords(lead);
    read.grade.innerHTML = grade == null ? "–"
      : `<span class="j-${data.judgements[grade][0]}"><svg class="glyph" aria-hidden="true"><use href="#g-${GLYPHS[grade]}"/></svg></span> ${word}`;
    if (read.tempo) read.tempo.textContent = at && at.tempo ? `${at.tempo.toFixed(2)}×` : "–";
    for (const [part, {g, flesh, title}] of Object.entries(fleshes)) {
      const found = data.parts[part], value = found ? found.shape[now] : null;
      const grow = value == null ? 1 : 0.3 + 0.7 * Math.min(Math.max(value, 0), 100) / 100;
      flesh.style.fill = value == null ? "url(#moment-hatch)" : shapeInk(value);
      flesh.setAttribute("transform", part === "head" ? `scale(${grow})` : `scale(1 ${grow})`);
      g.classList.toggle("unseen", value == null);
      title.textContent = `${part.replaceAll("_", " ")}: ${value == null ? "not seen" : `shape ${value}, ${leadWords(found.lead[now])}`}`;
    }
    const looked = picked && data.parts[picked];
    for (const [kind, el] of Object.entries(pickedReads)) {
      const value = looked ? looked[kind][now] : null;
      const words = kind === "lead" ? leadWords(value) : value == null ? "not seen" : value;
      el.textContent = looked ? `${picked.replaceAll("_", " ")} ${words}` : "";
    }
    scrub.value = String(now);
    scrub.setAttribute("aria-valuetext", `${t[now].toFixed(2)} seconds, shape ${shape == null ? "not seen" : Math.round(shape)}, ${leadWords(lead)}, ${word}`);
  }
  function go(index) {
    if (index === now) return;
    now = index;
    place();
  }
  scrub.addEventListener("input", () => go(Number(scrub.value)));
  all(".jump").forEach((button) => button.addEventListener("click", () => {
    go(nearest(t, Number(button.dataset.t)));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    $(".timeline").scrollIntoView({behavior: calm ? "auto" : "smooth", block: "start"});
    scrub.focus({preventScroll: true});
  }));

  const first = data.moments.find((moment) => moment.kind === "worst");
  now = nearest(t, first ? first.t : (start + end) / 2);
  build();
  redraws.push(() => { Object.values(charts).forEach((chart) => chart.redraw(false)); place(); });
  onWidth(build);
})();
