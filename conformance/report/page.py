"""The style sheet and the script of the HTML page, as text. They load nothing."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2024; --quiet: #5b636b; --line: #d9dde1; --panel: #f5f6f8;
  --link: #0b57b0; --mark: #ffd7d2; --mark-ink: #8a1008;
  --pass: #17692f; --pass-bg: #e3f3e7; --fail: #a81b12; --fail-bg: #fde4e1;
  --warn: #7a5200; --warn-bg: #fbefd0; --na: #5b636b; --na-bg: #eef0f2;
  --known: #0f5d70; --known-bg: #dff1f5; --stale: #7b2d8e; --stale-bg: #f4e3f8;
  --error: #ffffff; --error-bg: #7b1fa2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181b; --ink: #e3e6e9; --quiet: #9aa3ac; --line: #343a40; --panel: #1e2226;
    --link: #7db7ff; --mark: #6b1d17; --mark-ink: #ffe3df;
    --pass: #7fd597; --pass-bg: #173322; --fail: #ff9d94; --fail-bg: #47191a;
    --warn: #f0c35a; --warn-bg: #3a2d0c; --na: #9aa3ac; --na-bg: #24292e;
    --known: #7fd0e2; --known-bg: #12323a; --stale: #dea6ee; --stale-bg: #3a1f43;
    --error: #ffffff; --error-bg: #7b1fa2;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 4rem; }
body {
  margin: 0 auto; max-width: 80rem; padding: 1.5rem 1.25rem 6rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
}
a { color: var(--link); }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: .95rem; margin: 1.25rem 0 .35rem; }
p { margin: .35rem 0; }
code, pre, .id { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .86rem; }
.quiet { color: var(--quiet); }
.subjects { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1rem; }
.subject { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem;
  min-width: 15rem; flex: 1 1 15rem; max-width: 30rem; }
.subject h2 { margin: 0 0 .25rem; font-size: 1.05rem; }
.counts { display: flex; flex-wrap: wrap; gap: .35rem; margin: .5rem 0; padding: 0;
  list-style: none; }
.o { display: inline-block; border-radius: .3rem; padding: .05rem .45rem; font-size: .82rem;
  font-weight: 600; white-space: nowrap; text-decoration: none; }
a.o:hover { text-decoration: underline; }
.o-pass { color: var(--pass); background: var(--pass-bg); }
.o-fail { color: var(--fail); background: var(--fail-bg); }
.o-warn { color: var(--warn); background: var(--warn-bg); }
.o-na { color: var(--na); background: var(--na-bg); }
.o-known { color: var(--known); background: var(--known-bg); }
.o-stale { color: var(--stale); background: var(--stale-bg); }
.o-error { color: var(--error); background: var(--error-bg); }
form { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: .5rem 1rem;
  align-items: center; padding: .6rem 0; background: var(--paper);
  border-bottom: 1px solid var(--line); }
label { display: flex; gap: .4rem; align-items: center; font-size: .88rem; }
select, input[type=search] { font: inherit; font-size: .88rem; padding: .2rem .4rem;
  color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: .3rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid var(--line); }
thead th { font-size: .85rem; white-space: nowrap; }
tr.category th { padding-top: 1.1rem; font-size: .95rem; }
td.check a { text-decoration: none; }
td.check a:hover { text-decoration: underline; }
td.check .quiet { display: block; font-size: .85rem; }
details.check { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; }
details.check > summary { padding: .55rem .9rem; cursor: pointer; }
details.check > div { padding: 0 .9rem .9rem; border-top: 1px solid var(--line); }
details.result { background: var(--panel); border-radius: .4rem; padding: .45rem .7rem;
  margin: .5rem 0; }
details.result > summary { cursor: pointer; }
li code { overflow-wrap: anywhere; }
blockquote { margin: .5rem 0; padding: .1rem .9rem; border-left: 3px solid var(--line);
  color: var(--quiet); }
pre { margin: .3rem 0; padding: .6rem .75rem; overflow-x: auto; background: var(--panel);
  border: 1px solid var(--line); border-radius: .3rem; line-height: 1.4; tab-size: 4; }
details.result pre { background: var(--paper); }
pre mark { background: var(--mark); color: var(--mark-ink); }
pre .elided { color: var(--quiet); font-style: italic; }
ul.problems { padding-left: 1.2rem; margin: .4rem 0; }
ul.problems li { color: var(--fail); font-weight: 600; }
.level { font-size: .75rem; font-weight: 700; color: var(--quiet); letter-spacing: .03em; }
[hidden] { display: none !important; }
:target { outline: 2px solid var(--link); outline-offset: 2px; }
@media print { form { display: none; } }
"""

SCRIPT = """
"use strict";
const form = document.querySelector("form");
const items = Array.from(document.querySelectorAll("[data-check]"));
const groups = Array.from(document.querySelectorAll("tbody"));
const count = document.getElementById("count");
const total = document.querySelectorAll("tr[data-check]").length;

function filter() {
  const category = form.category.value, outcome = form.outcome.value;
  const words = form.words.value.toLowerCase().split(/\\s+/);
  const differing = form.differing ? form.differing.checked : false;
  let shown = 0;
  for (const item of items) {
    const data = item.dataset;
    item.hidden = (category && data.category !== category)
      || (outcome && !data.outcomes.split(" ").includes(outcome))
      || (differing && data.differs !== "yes")
      || !words.every(word => data.check.includes(word));
    if (!item.hidden && item.tagName === "TR") shown += 1;
  }
  for (const group of groups) group.hidden = !group.querySelector("tr[data-check]:not([hidden])");
  count.textContent = shown + " of " + total + " checks";
}

function reveal() {
  let name;
  try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
  const target = name && document.getElementById(name);
  if (!target) return;
  for (let one = target; one; one = one.parentElement) {
    if (one.tagName === "DETAILS") { one.open = true; one.hidden = false; }
  }
  target.scrollIntoView();
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", event => event.preventDefault());
window.addEventListener("hashchange", reveal);
filter();
reveal();
"""
