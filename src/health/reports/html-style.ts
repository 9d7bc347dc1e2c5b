/** The style of the HTML report: light and dark by the reader's choice, charts that scale, letters that a phone can show. */
export const style = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--text:#16202c;--muted:#56616f;--line:#dde2e8;--good:#12753a;--bad:#b3261e;--unsure:#8a5300;
--now:#2463c4;--soft:#2463c430;--before:#8a4fbf;--limit:#a34a00;--band:#a34a0022;
--e0:#b3261e;--e1:#8a5300;--e2:#7a3fb0;--e3:#00707a;--e4:#5b6b7b;--e5:#a0306f}
@media(prefers-color-scheme:dark){:root{--page:#10151b;--card:#19212a;--text:#e8edf2;--muted:#a3afbb;--line:#303b47;--good:#5fd38b;--bad:#ff8f85;--unsure:#f3b85b;
--now:#78acff;--soft:#78acff30;--before:#cf9cff;--limit:#ffad66;--band:#ffad6624;
--e0:#ff8f85;--e1:#f3b85b;--e2:#cf9cff;--e3:#5fd0d8;--e4:#a3b3c4;--e5:#ff92c8}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1240px;margin:0 auto;padding:24px 20px 48px}
h1{margin:0;font-size:28px;line-height:1.2}
h2{margin:0 0 12px;font-size:18px}
p{margin:0 0 8px}
code,.url{overflow-wrap:anywhere;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.92em}
pre{margin:4px 0 0;padding:8px 12px;overflow-x:auto;background:var(--page);border:1px solid var(--line);border-radius:6px}pre code{overflow-wrap:normal}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin-top:16px}
.verdict{border-left:8px solid var(--state)}
.pass{--state:var(--good)}.fail{--state:var(--bad)}.inconclusive,.warn{--state:var(--unsure)}
.state{color:var(--state);font-weight:600;white-space:nowrap}
.facts{color:var(--muted)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(126px,1fr));gap:12px;margin:16px 0 0}
.tiles div{display:flex;flex-direction:column-reverse}
.tiles dt{color:var(--muted);font-size:14px}
.tiles dd{margin:0;font-size:20px;font-weight:600;white-space:nowrap}
.grid-2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:16px;margin-top:16px}
.grid-2>.card{margin:0;min-width:0}
figure{margin:0}figure h2{margin-bottom:4px}
figcaption{color:var(--muted);font-size:14px}
svg{display:block;width:100%;height:auto;margin-top:8px}
svg text{font-size:12px;fill:var(--muted)}
.end{text-anchor:end}.middle{text-anchor:middle}
.grid{stroke:var(--line);stroke-width:1;fill:none}
.axis{stroke:var(--muted);stroke-width:1;fill:none}
.limit{stroke:var(--limit);stroke-width:1.5;stroke-dasharray:6 4;fill:none}
svg .limit-label{fill:var(--limit);font-weight:600;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.band{fill:var(--band)}
.interval{stroke:var(--limit);stroke-width:2.5;fill:none}
.dot{stroke:var(--now);stroke-width:2.6;stroke-linecap:round;fill:none}
.few .dot{stroke-width:4}.dot-0{stroke-opacity:.55}.dot-1{stroke-opacity:.75}
.error-tick{stroke:var(--bad);stroke-width:1.6;fill:none}
.line{fill:none;stroke-width:2;stroke:var(--now);stroke-linejoin:round}
.offered,.before{stroke:var(--before);stroke-dasharray:5 3}
.curve-0{stroke:var(--e4)}.curve-1{stroke:var(--e3)}.curve-2{stroke:var(--now)}.curve-3{stroke:var(--e2)}
.area{fill:var(--soft)}
.bar.now{fill:var(--now)}
${[0, 1, 2, 3, 4, 5].map((i) => `.e${i}{fill:var(--e${i})}`).join("")}
.key{display:inline-block;width:22px;height:0;border-top:3px solid var(--now);vertical-align:middle;margin:0 6px 2px 0}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;color:var(--text);font-size:14px;margin:2px 0 0;padding:0;list-style:none}
.key.dashed{border-top-style:dashed;border-top-color:var(--before)}
.key.limit-key{border-top-style:dashed;border-top-color:var(--limit)}
.key.bad-key{border-top-color:var(--bad)}
.key.curve-0{border-top-color:var(--e4)}.key.curve-1{border-top-color:var(--e3)}.key.curve-3{border-top-color:var(--e2)}
${[0, 1, 2, 3, 4, 5].map((i) => `.swatch.e${i}{background:var(--e${i})}`).join("")}
.swatch{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:8px}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:15px}
caption{text-align:left;color:var(--muted);font-size:14px;padding-bottom:6px}
th,td{text-align:left;vertical-align:top;padding:8px 14px 8px 0;border-top:1px solid var(--line)}
th{font-weight:600}thead th{color:var(--muted);font-size:13px;border-top:0;padding-top:0}
.number{text-align:right;white-space:nowrap}
small{display:block;font-weight:400;color:var(--muted);font-size:13px;overflow-wrap:anywhere}
ul,ol{margin:0;padding-left:22px}li{margin-bottom:10px;overflow-wrap:anywhere}
dl.rows{margin:0 0 12px}dl.rows div{display:grid;grid-template-columns:130px 1fr;gap:4px 18px}
.rows dt{color:var(--muted)}.rows dd{margin:0;overflow-wrap:anywhere}
@media(max-width:640px){main{padding:12px 12px 32px}.card{padding:14px}h1{font-size:23px}svg text{font-size:19px}.grid-2{gap:12px}
table,tbody,caption{display:block}thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}
tr{display:flex;flex-wrap:wrap;gap:4px 22px;padding:10px 0;border-top:1px solid var(--line)}th,td{border:0;padding:0}tbody th{flex:1 0 100%}
td[data-name]::before{content:attr(data-name);display:block;color:var(--muted);font-size:13px}.number{text-align:left}dl.rows div{grid-template-columns:1fr;gap:0}.rows dd{margin-bottom:6px}}
@media print{body{background:#fff}.card{break-inside:avoid}}
`;
