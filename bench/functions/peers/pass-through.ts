/** As little as a proxy can do: what comes goes on, and what comes back is handed over as it is. */
const handler = {
  async fetch(request: Request): Promise<Response> {
    const response = await fetch(`${process.env["AI_BASE_URL"]}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${process.env["AI_API_KEY"]}` },
      body: await request.text(),
      signal: request.signal,
    });
    return new Response(response.body, {
      status: response.status,
      headers: { "content-type": response.headers.get("content-type") ?? "" },
    });
  },
};

export default handler;
