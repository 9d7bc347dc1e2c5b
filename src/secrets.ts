/** What stands where a secret was. */
const MASK = "[secret]";

/** Variables by name. Headers are the same for our purpose: `authorization`, `x-vercel-protection-bypass`. */
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Shorter values are found inside ordinary words and numbers, so hiding them would spoil the answer and, by where it is
 * spoilt, tell the value. 8 is also the least that GitLab masks in its logs.
 */
const MIN_LENGTH = 8;
/** What such variables hold when they hold no secret. A word of the answer is not worth less for being one of these. */
const COMMON = new Set(
  "production preview development disabled undefined required optional password postgres localhost anonymous changeme".split(
    " ",
  ),
);
/** A word of a name that says so. PWD is not among them: it is the current folder. */
const SECRET_WORD =
  /^(?:.*(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(?:API|ACCESS|SECRET|PRIVATE|AUTH)KEY)S?|KEYS?|PASS|PRIVATE|AUTH|AUTHORIZATION|BYPASS|COOKIE|DSN|JWT|PAT)$/;
/** The last word of a name that only says where a secret is, like SSH_AUTH_SOCK and AUTH_URL. */
const PLACE_WORD = /^(?:URL|URI|HOST|FILE|PATH|DIR|SOCK)$/;

/** The secrets among variables: those whose name says that they are one, and passwords in URLs. Longest first. */
export function secretValues(variables: Variables): string[] {
  const values = Object.entries(variables).flatMap(([name, value = ""]) => [
    ...(saysSecret(name) ? partsOf(value) : []),
    ...passwordsIn(value),
  ]);
  const telling = values.filter((value) => value.length >= MIN_LENGTH && !COMMON.has(value.toLowerCase()));
  return [...new Set(telling)].toSorted((a, b) => b.length - a.length);
}

function saysSecret(name: string): boolean {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .toUpperCase()
    .split(/[^A-Z\d]+/)
    .filter((word) => word !== "");
  return words.some((word) => SECRET_WORD.test(word)) && !PLACE_WORD.test(words.at(-1) ?? "");
}

/** A list of keys holds each of them. A key of several lines is printed a line at a time, and a header's token or password often without its scheme. */
function partsOf(value: string): string[] {
  const [, token = ""] = /^(?:Basic|Bearer|Token)\s+(\S+)$/i.exec(value) ?? [];
  const [, password = ""] = /^[^:]*:(.*)$/s.exec(Buffer.from(token, "base64").toString()) ?? [];
  const lines = value.split(/\r\n|[\n\r\u2028\u2029,]/).filter((line) => !/^-----(?:BEGIN|END) /.test(line));
  return [...(value.includes(",") ? [value] : []), token, password, ...lines.map((line) => line.trim())];
}

/** As it is written in the URL, and as it is meant. */
function passwordsIn(value: string): string[] {
  if (!value.includes("://") || !URL.canParse(value)) return [];
  const { password } = new URL(value);
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    // A lone % is no escape.
    return [password];
  }
}

/**
 * Shapes that are secrets whoever wrote them: credentials after their scheme or flag, and a password in a URL. A token has
 * a digit and 16 characters at least; "Bearer authentication" stays.
 */
const SHAPES: readonly [RegExp, string][] = [
  [/(?<![\w-])([Bb]earer|Basic|--token)([ =]+)(?=[\w.~+/=-]*\d)[\w.~+/=-]{16,}/g, `$1$2${MASK}`],
  [/(:\/\/[^\s/:@"'\\]*:)[^\s/@"'\\]+@/g, `$1${MASK}@`],
];

/** The text with a mask for each secret in it: as it is, escaped in JSON, encoded in a URL or in base64; and for known shapes. */
export function redact(text: string, secrets: readonly string[]): string {
  const known = text.replace(formsOf(secrets).pattern, MASK);
  return SHAPES.reduce((rest, [shape, mask]) => rest.replace(shape, mask), known);
}

/**
 * The same for a text that may be a JSON document, which stays one: a secret of digits may also be a number of the
 * document, and one that begins with n may seem to begin in the middle of an escape.
 */
export function redactAnswer(text: string, secrets: readonly string[]): string {
  const redacted = redact(text, secrets);
  if (redacted === text) return text;
  const document = parseDocument(text);
  return document === null ? redacted : `${JSON.stringify(redactStrings(document, secrets), null, 2)}\n`;
}

function parseDocument(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

function redactStrings(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === "string") return redact(value, secrets);
  if (Array.isArray(value)) return value.map((each) => redactStrings(each, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [redact(key, secrets), redactStrings(each, secrets)]),
  );
}

/** Redacts text that comes in pieces: what may be the beginning of a secret waits for the next piece. */
export class Redactor {
  #waiting = "";

  /** @param secrets all that are known when the piece comes */
  write(piece: string, secrets: readonly string[]): string {
    const text = this.#waiting + piece;
    const end = endOfWhole(text, secrets);
    this.#waiting = text.slice(end);
    return redact(text.slice(0, end), secrets);
  }

  /** What has waited for a piece that did not come. */
  end(secrets: readonly string[]): string {
    const rest = redact(this.#waiting, secrets);
    this.#waiting = "";
    return rest;
  }
}

/** Where a text has to be cut so that no secret that ends in the next piece is cut in two. */
function endOfWhole(text: string, secrets: readonly string[]): number {
  // No form has a line break in it.
  if (text.endsWith("\n")) return text.length;
  const { forms, pattern } = formsOf(secrets);
  let end = Math.max(0, text.length - (forms[0]?.length ?? 0));
  while (end < text.length && !forms.some((form) => form.startsWith(text.slice(end)))) end += 1;
  // It may begin within another one.
  const around = [...text.matchAll(pattern)].find(({ index, 0: found }) => index < end && end < index + found.length);
  return around?.index ?? end;
}

interface Forms {
  /** Longest first. */
  forms: readonly string[];
  pattern: RegExp;
}

const known = new WeakMap<readonly string[], Forms>();

/** All that secrets can look like, worked out once for each list of them. */
function formsOf(secrets: readonly string[]): Forms {
  const found = known.get(secrets);
  if (found !== undefined) return found;
  const forms = [...new Set(secrets.flatMap(encodings))].toSorted((a, b) => b.length - a.length);
  const escaped = forms.map((form) => form.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  const made = { forms, pattern: new RegExp(escaped.length === 0 ? "(?!)" : escaped.join("|"), "g") };
  known.set(secrets, made);
  return made;
}

function encodings(secret: string): string[] {
  const inUrl = encodeURIComponent(secret);
  const lowerCase = inUrl.replaceAll(/%../g, (escape) => escape.toLowerCase());
  const inForm = new URLSearchParams({ "": secret }).toString().slice(1);
  // As console.log shows it inside an object.
  const inspected = secret.replaceAll("\\", "\\\\");
  return [secret, inspected, inJson(secret), inJson(inJson(secret)), inUrl, lowerCase, inForm, ...base64Of(secret)];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** On its own, and inside something longer, like `user:password` of Basic: then its bytes start at any of three places. */
function base64Of(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // The first and last character may hold bits of the neighbours too.
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  return [bytes.toString("base64"), ...inside].flatMap((text) => [
    text,
    text.replaceAll("+", "-").replaceAll("/", "_"),
  ]);
}
