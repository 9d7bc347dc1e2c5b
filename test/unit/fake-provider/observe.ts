import http from "node:http";

/** What came over the wire, and how it ended. */
export interface Seen {
  /** Null when there were no headers. */
  status: number | null;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** "open": nothing more came for a while, and it has not ended. */
  end: "complete" | "reset" | "open";
}

/** Longer than a busy machine needs for what is sent at once. */
const SILENCE_MS = 500;

/** Sends a request and watches until the answer ends, or nothing more comes. Comments of a stream count as nothing. */
export function observe(
  url: string,
  { body, headers = {}, method = "POST" }: { body?: object; headers?: Record<string, string>; method?: string },
): Promise<Seen> {
  return new Promise((resolve) => {
    const seen: Seen = { status: null, headers: {}, text: "", end: "open" };
    const request = http.request(url, {
      method,
      agent: false,
      headers: { authorization: "Bearer any", "content-type": "application/json", ...headers },
    });
    const finish = (end: Seen["end"]): void => {
      clearTimeout(timer);
      resolve({ ...seen, end });
      request.destroy();
    };
    let timer = setTimeout(() => finish("open"), SILENCE_MS);
    request.on("error", () => finish("reset"));
    request.on("response", (response) => {
      seen.status = response.statusCode ?? null;
      seen.headers = response.headers;
      response.setEncoding("utf8").on("data", (text: string) => {
        seen.text += text;
        if (text.trim() === "" || text.startsWith(":")) return;
        clearTimeout(timer);
        timer = setTimeout(() => finish("open"), SILENCE_MS);
      });
      response.on("end", () => finish("complete"));
      response.on("error", () => finish("reset"));
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The data of server-sent events. */
export function eventsOf(text: string): string[] {
  return text.split("\n\n").flatMap((event) => (event.startsWith("data: ") ? [event.slice("data: ".length)] : []));
}
