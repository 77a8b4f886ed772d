/** How the status page looks. A file of its own, so that the page needs no inline style. */
export const STATUS_STYLE = `:root {
  color-scheme: light dark;
  --page: light-dark(#f5f6f8, #13161b);
  --surface: light-dark(#ffffff, #1b1f26);
  --raised: light-dark(#f0f2f5, #242a33);
  --text: light-dark(#181d25, #e8ebef);
  --muted: light-dark(#566070, #a3adbb);
  --line: light-dark(#dde1e7, #2f3640);
  --field: light-dark(#8590a0, #66717f);
  --accent: light-dark(#2251c8, #8fb0ff);
  --good: light-dark(#11683a, #7fd8a4);
  --good-back: light-dark(#e1f3e8, #16331f);
  --warn: light-dark(#824600, #f3bd70);
  --warn-back: light-dark(#fdefd9, #3a2a10);
  --bad: light-dark(#a3201b, #ff9d94);
  --bad-back: light-dark(#fce7e5, #431d1b);
  --idle: light-dark(#4b5462, #b5bec9);
  --idle-back: light-dark(#e9ecf0, #2a313a);
  --done: light-dark(#1f48b3, #a8c2ff);
  --done-back: light-dark(#e5ecfd, #1d2c50);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); }
header, main, footer { max-width: 1400px; margin: 0 auto; padding: 0 24px; }
a { color: var(--accent); text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
h2:focus { outline: none; }
h1 { display: flex; align-items: center; gap: 8px; margin: 0; font-size: 18px; font-weight: 650; letter-spacing: -.01em; }
h1 img { border-radius: 5px; }
h2 { margin: 28px 0 10px; font-size: 15px; font-weight: 650; scroll-margin-top: 12px; }
h3 { margin: 0; font-size: 15px; font-weight: 650; overflow-wrap: anywhere; }
dl, dd, ul, ol, p { margin: 0; padding: 0; }
ul, ol { list-style: none; }
.muted { color: var(--muted); }
.version { font-weight: 400; font-size: 14px; }
.details { display: block; font-size: 13px; font-weight: 400; overflow-wrap: anywhere; }
.skip { position: absolute; left: 8px; top: -60px; padding: 8px 12px; background: var(--surface); z-index: 2; }
.skip:focus { top: 8px; }

header { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 28px; padding-top: 16px; padding-bottom: 12px; }
.state dl { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 14px; }
.state dl div { display: flex; gap: 6px; }
.state dt { color: var(--muted); }
.refresh { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; margin-left: auto; color: var(--muted); font-size: 13px; }
#stale { color: var(--bad); font-weight: 600; }
#stale:empty { display: none; }
.dot { display: inline-block; width: 9px; height: 9px; margin-right: 6px; border-radius: 50%; background: var(--idle); }
.dot.good { background: light-dark(#1c9455, #4cc381); }
.dot.bad { background: light-dark(#d3342d, #ff7a70); border-radius: 2px; }
.alert { margin-top: 8px; padding: 10px 14px; border: 1px solid var(--bad); border-radius: 8px; background: var(--bad-back); overflow-wrap: anywhere; }
.alert + .alert { margin-top: 6px; }

.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; }
.tile a { display: block; height: 100%; padding: 12px 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); color: var(--muted); text-decoration: none; font-size: 14px; }
.tile a:hover { border-color: var(--accent); color: var(--text); }
.tile b { display: block; font-size: 28px; line-height: 1.2; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; color: var(--text); }
.tile.good b { color: var(--good); }
.tile.warn b { color: var(--warn); }
.tile.done b { color: var(--done); }
.issuers { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(380px, 100%), 1fr)); gap: 12px; }
.card { padding: 14px 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); }
.origin { font-size: 13px; overflow-wrap: anywhere; }
.card dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 14px; margin-top: 10px; font-size: 14px; }
.card dt { color: var(--muted); }
.card dd { overflow-wrap: anywhere; }

.filter { display: flex; flex-wrap: wrap; align-items: end; gap: 10px 12px; margin-bottom: 10px; }
.filter label { display: grid; gap: 2px; color: var(--muted); font-size: 13px; }
.filter .search { flex: 1 1 240px; max-width: 380px; }
.filter .buttons { display: flex; align-items: center; gap: 14px; min-height: 36px; }
input, select, button { font: inherit; font-size: 14px; min-height: 36px; padding: 4px 10px; border: 1px solid var(--field); border-radius: 7px; background: var(--surface); color: var(--text); }
input { width: 100%; }
input::placeholder { color: var(--muted); opacity: 1; }
select { max-width: 220px; }
button { padding: 4px 14px; cursor: pointer; }
button:hover { border-color: var(--accent); }
.filter button { border-color: transparent; background: light-dark(#2251c8, #3d68d8); color: #fff; font-weight: 600; }
.refresh button { min-height: 30px; font-size: 13px; }
.count { margin-bottom: 8px; color: var(--muted); font-size: 14px; }

table { width: 100%; border: 1px solid var(--line); border-radius: 10px; border-spacing: 0; background: var(--surface); font-size: 14px; }
th, td { padding: 9px 9px; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; z-index: 1; border-top: 0; background: var(--raised); color: var(--muted); font-size: 13px; font-weight: 600; white-space: nowrap; }
thead th:first-child { border-top-left-radius: 9px; }
thead th:last-child { border-top-right-radius: 9px; }
thead a { color: inherit; text-decoration: none; }
thead a:hover { color: var(--text); text-decoration: underline; }
thead [aria-sort] a { color: var(--text); }
.arrow { display: inline-block; width: 1em; text-align: center; }
thead .num .arrow { width: auto; }
tbody th { min-width: 180px; max-width: 320px; font-weight: 600; overflow-wrap: anywhere; }
tbody td:last-child { white-space: nowrap; }
.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.reasons { font-size: 13px; color: var(--muted); }
.reasons b { color: var(--text); font-weight: 600; }
.readiness { width: 190px; }
.readiness summary { cursor: pointer; list-style: none; width: max-content; }
.readiness summary::-webkit-details-marker { display: none; }
.why-word { color: var(--accent); font-size: 13px; text-decoration: underline; text-underline-offset: 2px; }
.why { margin-top: 6px; font-size: 13px; overflow-wrap: anywhere; }
.chip { display: inline-block; padding: 1px 9px; border-radius: 99px; background: var(--idle-back); color: var(--idle); font-size: 13px; font-weight: 600; white-space: nowrap; }
.tag { display: inline-block; padding: 0 6px; border: 1px solid var(--line); border-radius: 5px; color: var(--muted); font-size: 12px; font-weight: 400; white-space: nowrap; }
.mode-enforce, .load-loaded { background: var(--done-back); color: var(--done); }
.verdict-ready { background: var(--good-back); color: var(--good); }
.verdict-not-ready { background: var(--warn-back); color: var(--warn); }
.load-rejected { background: var(--bad-back); color: var(--bad); }
.trend { display: block; }
.t-none { stroke: var(--line); stroke-width: 1; }
.t-good { fill: light-dark(#7592dc, #7d9df0); }
.t-bad { fill: light-dark(#d3342d, #ff7a70); }
.shares { white-space: nowrap; font-variant-numeric: tabular-nums; }
.shares .muted { font-size: 13px; }
.methods { display: block; width: 84px; height: 6px; margin: 3px 0 2px; border-radius: 3px; overflow: hidden; }
.m-S256 { fill: light-dark(#1c9455, #4cc381); }
.m-plain { fill: light-dark(#e09a2b, #f3bd70); }
.m-none { fill: light-dark(#d3342d, #ff7a70); }
.paging { display: flex; justify-content: center; gap: 20px; padding: 14px 0; font-size: 14px; }

.loads { display: grid; gap: 8px; font-size: 14px; }
.loads summary { cursor: pointer; }
.changes { margin: 6px 0 4px 18px; font: 13px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { display: flex; flex-wrap: wrap; gap: 6px 18px; margin-top: 32px; padding-top: 14px; padding-bottom: 28px; font-size: 13px; }
footer span { margin-left: auto; }

@media (max-width: 1210px) {
  header, main, footer { padding-left: 14px; padding-right: 14px; }
  .refresh { margin-left: 0; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: 8px; }
  .tile a { padding: 10px 12px; }
  .filter label { flex: 1 1 130px; }
  .filter .search { flex: 1 1 100%; max-width: none; }
  select { max-width: none; width: 100%; }
  footer span { margin-left: 0; }
  /* A card for each client. The roles in the markup keep it a table for those who hear it. */
  table { border: 0; background: none; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody { display: block; }
  tbody tr { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; margin-bottom: 10px; padding: 12px 14px; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); }
  tbody th, tbody td { display: block; min-width: 0; max-width: none; padding: 0; border: 0; text-align: left; }
  tbody th, tbody .readiness, tbody .violations { grid-column: 1 / -1; }
  tbody .violations { order: 1; }
  tbody .readiness { order: -1; width: auto; }
  tbody th { order: -2; }
  tbody .num { text-align: left; }
  tbody td:last-child, .num, .shares { white-space: normal; }
  tbody td::before { content: attr(data-label); display: block; color: var(--muted); font-size: 12px; }
  tbody .readiness::before { display: none; }
}
@media (prefers-reduced-motion: no-preference) {
  .tile a, button { transition: border-color .15s; }
}
@media print {
  .filter, .refresh, .skip, .paging { display: none; }
}
`;
