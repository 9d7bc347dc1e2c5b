/** An answer that is not a success, in Cloudflare's form: `{ success: false, errors: [{ code, message }] }`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

/** 10007 is what wrangler takes for "there is no such Worker"; anything else it reports. */
export function noWorker(): ApiError {
  return new ApiError(404, 10007, "This Worker does not exist on your account.");
}
