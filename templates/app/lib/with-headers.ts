// create-edge-ai 0.1.0
/** The answer with more headers. Those of an answer that came from fetch cannot be set: then it is a copy. */
export function withHeaders(response: Response, more: Readonly<Record<string, string>>): Response {
  try {
    set(response.headers, more);
    return response;
  } catch {
    const headers = new Headers(response.headers);
    set(headers, more);
    return new Response(response.body, { status: response.status, headers });
  }
}

function set(headers: Headers, more: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
}
