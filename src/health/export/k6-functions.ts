/**
 * The part of a k6 script that is the same for every plan. It uses `origin` and `probes` of the part before it.
 * The shapes are those of expect.ts, and a test runs both on the same answers.
 */
export const k6Functions = String.raw`const errors = new Rate("errors");
const goodAnswers = new Counter("good_answers");

// Without a secret a login page would be measured, so this ends the run before it starts.
for (const probe of probes) {
  for (const [header, variable] of Object.entries(probe.secrets)) {
    if (!__ENV[variable]) throw new Error("set " + variable + " to the value of the header " + header);
    probe.headers[header] = __ENV[variable];
  }
}

// By the clock, so that no cache has an answer of an earlier run.
export function setup() {
  return { firstNumber: Date.now() };
}

export default function ({ firstNumber }) {
  // Unique over all machines of a run.
  const i = exec.scenario.iterationInTest;
  const probe = pick(i);
  const fill = (text) => text.split("{{n}}").join(String(firstNumber + i));
  const headers = {};
  for (const [name, value] of Object.entries(probe.headers)) headers[name] = fill(value);
  const tags = { probe: probe.id, name: probe.id };
  const response = http.request(probe.method, origin + fill(probe.path), probe.body === null ? null : fill(probe.body), {
    headers,
    tags,
    timeout: probe.timeout,
    responseCallback: http.expectedStatuses(probe.expect.status),
  });
  const good = isGood(response, probe.expect);
  errors.add(!good, tags);
  goodAnswers.add(good ? 1 : 0, tags);
}

// By weight, spread evenly: multiples of the golden ratio fall everywhere between 0 and 1 alike.
function pick(i) {
  const total = probes.reduce((sum, { weight }) => sum + weight, 0);
  let point = ((i * 0.6180339887498949) % 1) * total;
  for (const probe of probes) {
    if (point < probe.weight) return probe;
    point -= probe.weight;
  }
  return probes[probes.length - 1];
}

function isGood(response, expect) {
  // 1400 to 1599 repeat a status of 400 to 599; any other code is a request without a whole answer.
  const failed = response.error_code !== 0 && !(response.error_code >= 1400 && response.error_code < 1600);
  if (failed || response.status !== expect.status) return false;
  // k6 writes header names like this, however they came.
  const type = (response.headers["Content-Type"] || "").toLowerCase();
  if (expect.contentType !== undefined && !type.startsWith(expect.contentType.toLowerCase())) return false;
  const body = response.body === null ? "" : response.body;
  if (expect.contains !== undefined && !body.includes(expect.contains)) return false;
  if (expect.json === undefined) return true;
  try {
    return matches(expect.json, JSON.parse(body));
  } catch (error) {
    return false;
  }
}

// A type name, an object of shapes, an array of one shape for its first element, or a value that stands for itself.
function matches(shape, value) {
  if (["string", "number", "boolean", "array", "object", "null"].includes(shape)) return typeName(value) === shape;
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return false;
    return shape.length === 0 || (value.length > 0 && matches(shape[0], value[0]));
  }
  if (typeName(shape) !== "object") return value === shape;
  if (typeName(value) !== "object") return false;
  return Object.entries(shape).every(([key, part]) => key in value && matches(part, value[key]));
}

function typeName(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
`;
