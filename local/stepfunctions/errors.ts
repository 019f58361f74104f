// How does this engine say no? ApiError answers an API call (`__type` on the wire); StateError ends a state, with the
// error names of the Amazon States Language. Which retrier or catcher takes a StateError is asked in guard.ts.

/** An error of the API, as AWS names it; HTTP 400 unless it is ours. */
export class ApiError extends Error {
  readonly type: string;
  readonly httpStatus: number;

  constructor(type: string, message: string, httpStatus = 400) {
    super(message);
    this.name = 'ApiError';
    this.type = type;
    this.httpStatus = httpStatus;
  }
}

/** A state that failed. Both are optional because `SendTaskFailure` may give neither. */
export class StateError extends Error {
  readonly error: string | undefined;
  readonly detail: string | undefined;

  constructor(error: string | undefined, detail: string | undefined) {
    super(`${error}: ${detail}`);
    this.name = 'StateError';
    this.error = error;
    this.detail = detail;
  }
}

/** An expression that failed, with the field it stands in. */
export class EvaluationError extends StateError {
  /** e.g. `Output/result`. */
  readonly location: string;

  constructor(location: string, detail: string) {
    super('States.QueryEvaluationError', detail);
    this.location = location;
  }
}
