import type { HealthDocument } from "../document.ts";
import { figure } from "../figures.ts";
import { errorsPanel, latencyCharts, streamPanel } from "./html-charts.ts";
import { card, definitions } from "./html-parts.ts";
import { style } from "./html-style.ts";
import { checksCard, comparisonCard, missedText, probesCard, remediesCard, warningsCard } from "./html-tables.ts";
import type { ReportInput } from "./input.ts";
import { measuredRows } from "./text-rows.ts";
import { appText, loadText, marks, routesText } from "./words.ts";
import { escapeXml } from "./xml.ts";

/** No script, no request to anywhere, no form: only the style within the file. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/**
 * The result as one HTML file without script, which loads nothing: charts are inline SVG. What comes from the target is escaped.
 * 100,000 requests stay below about 300 kB, since requests on the same dot are drawn once.
 */
export function reportHtml(result: ReportInput): string {
  const { document, samples } = result;
  const title = `Health check: ${document.verdict}`;
  const sections = [
    header(document),
    checksCard(document),
    remediesCard(document),
    comparisonCard(document.comparison),
    ...(samples.started === 0
      ? []
      : [latencyCharts(result), errorsPanel(result), streamPanel(result), probesCard(samples)]),
    warningsCard(document),
    methodCard(document),
  ];
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">',
    `<title>${escapeXml(`${title}, ${document.url}`)}</title><style>${style}</style></head>`,
    `<body><main>${sections.join("\n")}</main></body></html>\n`,
  ].join("\n");
}

function header(document: HealthDocument): string {
  const { verdict, url, cause, message = "", hint, load } = document;
  const app = appText(document);
  const why = cause === undefined ? missedText(document) : `${cause}: ${message}`;
  return [
    `<header class="card verdict ${verdict}"><h1><span class="state ${verdict}">${marks[verdict]} ${verdict}</span> Health check</h1>`,
    `<p class="url">${escapeXml(url)}</p>`,
    app === "" ? "" : `<p class="facts">${escapeXml(app)}</p>`,
    why === "" ? "" : `<p>${escapeXml(why)}</p>`,
    hint === undefined ? "" : `<p>What to do: <code>${escapeXml(hint)}</code></p>`,
    `<p class="facts"><code>${escapeXml(routesText(document))}</code></p>`,
    `<p class="facts">${escapeXml(load === null ? "Nothing was measured." : loadText(load))}</p>`,
    tiles(document),
    "</header>",
  ].join("");
}

function tiles({ measurement }: HealthDocument): string {
  const { requests, errorRate, throughputPerSecond, latencyMs, stream, firstTokenMs, cost } = measurement;
  if (requests === 0) return "";
  return definitions("tiles", [
    ["requests", String(requests)],
    ["errors", figure(errorRate, "fraction")],
    ["p50", figure(latencyMs.p50, "ms")],
    ["p95", figure(latencyMs.p95, "ms")],
    ["p99", figure(latencyMs.p99, "ms")],
    ...(stream === null ? [] : [tile("first token p95", figure(firstTokenMs.p95, "ms"))]),
    ["good answers", figure(throughputPerSecond, "1/s")],
    ...(cost === null ? [] : [tile("a request costs", figure(cost.meanUsd, "USD"))]),
  ]);
}

function tile(name: string, text: string): [name: string, text: string] {
  return [name, text];
}

const loops = {
  open: "Requests were sent by the clock, and the time of each counts from when it was due. While the app stands still, everyone who came meanwhile waits, and each of them is in these figures.",
  closed:
    "Each connection sent its next request when it had its answer. While the app stands still nothing is sent, so a freeze shows as a few slow requests, however long it was. Send by the clock to see it.",
} as const;

/** What the figures mean, and what they do not. */
const honesty = [
  "An error counts as slower than every answer. A percentile that falls among errors has no value and is shown as –.",
  "A 95 % interval holds the figure of the users of this run in about 95 of 100 such runs. The verdict asks more: for it, slow or failed requests that come in bursts count as fewer independent ones. Neither says anything about other hours, places or loads.",
  "pass and fail are verdicts with at most 5 % chance of being wrong when the truth is exactly at the limit. Inconclusive means that this run proves neither, and it is never a pass.",
  "Cold start and warm-up are not among the measured requests. Nothing was sent a second time.",
];

/** The parts of a stream have a card of their own. */
function methodCard({ load, measurement }: HealthDocument): string {
  if (load === null) return "";
  const sentences = [loops[load.kind], ...honesty];
  return card(
    "How it was measured",
    `${definitions("rows", measuredRows({ ...measurement, stream: null }))}<ul>${sentences.map((text) => `<li>${escapeXml(text)}</li>`).join("")}</ul>`,
  );
}
