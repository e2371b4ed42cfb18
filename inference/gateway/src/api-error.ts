/**
 * A refusal in the shape OpenAI's clients know: `{"error":{message,type,param,code}}` under a status.
 * The SDKs choose their exception by the status and show `message`; programs read `code`.
 */

import { bytesFromUtf8 } from '@assay/bytes';
import type { HttpResponse } from '@assay/world';

export type ApiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'insufficient_quota'
  | 'payment_required'
  | 'server_error'
  | 'service_unavailable';

interface Detail {
  readonly param?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly type: ApiErrorType;
  readonly code: string | null;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    type: ApiErrorType,
    code: string | null,
    message: string,
    { param = null, headers = {} }: Detail = {},
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
    this.headers = headers;
  }

  body(): { readonly error: Readonly<Record<string, string | null>> } {
    const { message, type, param, code } = this;
    return { error: { message, type, param, code } };
  }
}

/** 400 about one field of the request. */
export function invalid(
  param: string | null,
  message: string,
  code: string | null = null,
): ApiError {
  return new ApiError(400, 'invalid_request_error', code, message, { param });
}

export function unsupported(param: string, why: string): ApiError {
  return invalid(param, why, 'unsupported_parameter');
}

export function modelNotFound(model: string): ApiError {
  const message = `The model \`${model}\` does not exist or no host serves it.`;
  return new ApiError(404, 'not_found_error', 'model_not_found', message, { param: 'model' });
}

export function unavailable(message: string): ApiError {
  return new ApiError(503, 'service_unavailable', 'no_host_available', message, {
    headers: { 'retry-after': '2' },
  });
}

export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: bytesFromUtf8(JSON.stringify(value)),
  };
}

export function errorResponse(
  error: ApiError,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return json(error.status, error.body(), { ...headers, ...error.headers });
}
