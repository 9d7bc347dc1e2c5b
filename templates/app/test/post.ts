/** Sends JSON and reads the answer as JSON. */
export async function post(
  url: string,
  path: string,
  body: unknown,
): Promise<{ status: number; headers: Headers; body: any }> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}
