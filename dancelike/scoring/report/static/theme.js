"use strict";
// What every page of dancelike has in common: the theme switch, the colours for what is drawn by script, and when to draw.
const stage = (() => {
  const $ = (selector) => document.querySelector(selector);
  const root = document.documentElement;
  const prefersLight = matchMedia("(prefers-color-scheme: light)");
  const themeNow = () => root.dataset.theme || (prefersLight.matches ? "light" : "dark");
  const redraws = [];
  const ink = {};
  function readInk() {
    const style = getComputedStyle(root);
    const names = ["background", "surface", "line", "text", "quiet", "accent", "reference", "dancer", "poor", "fair",
      "good", "unseen", "early", "on-time", "late"];
    names.forEach((name) => { ink[name] = style.getPropertyValue("--" + name).trim(); });
  }
  function repaint() {
    readInk();
    const label = $("#theme span");
    if (label) label.textContent = themeNow() === "light" ? "Dark" : "Light";
    redraws.forEach((redraw) => redraw());
  }
  const toggle = $("#theme");
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    root.dataset.theme = themeNow() === "light" ? "dark" : "light";
    repaint();
  });
  prefersLight.addEventListener("change", repaint);
  let themeBeforePrint;
  addEventListener("beforeprint", () => {
    themeBeforePrint = root.dataset.theme;
    root.dataset.theme = "light";
    repaint();
  });
  addEventListener("afterprint", () => {
    if (themeBeforePrint) root.dataset.theme = themeBeforePrint;
    else delete root.dataset.theme;
    repaint();
  });
  repaint();
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const mix = (a, b, share) => {
    const [x, y] = [rgb(a), rgb(b)];
    return `rgb(${x.map((v, i) => Math.round(v + (y[i] - v) * share)).join(",")})`;
  };
  // Charts have sizes in pixels: they are built anew when the page has another width, and once the fonts are there.
  function onWidth(build) {
    let width = innerWidth;
    new ResizeObserver(() => {
      if (innerWidth === width) return;
      width = innerWidth;
      build();
    }).observe(document.body);
    document.fonts.ready.then(build);
  }
  return {ink, redraws, rgb, mix, onWidth};
})();
