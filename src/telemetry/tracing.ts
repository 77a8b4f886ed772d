import type { IncomingMessage } from 'node:http';
import {
  type Context,
  context,
  isSpanContextValid,
  ProxyTracerProvider,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';
import { currentScope, runInScope } from './request-scope.ts';

const NAME = 'pkce-gateway';
const tracer = trace.getTracer(NAME);

const FROM_HEADERS: TextMapGetter<IncomingMessage['headers']> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => headers[name],
};
const INTO_FLAT_LIST: TextMapSetter<string[]> = {
  set: (headers, name, value) => void headers.push(name, value),
};

/** Answers a request in its own span, whose parent is the caller's, and in a scope that its log lines share. */
export function traceRequest(request: IncomingMessage, answer: () => Promise<void>): Promise<void> {
  return isTracing()
    ? answerInSpan(request, answer)
    : runInScope({ span: undefined, requestId: undefined, client: undefined }, answer);
}

async function answerInSpan(request: IncomingMessage, answer: () => Promise<void>): Promise<void> {
  const parent = propagation.extract(context.active(), request.headers, FROM_HEADERS);
  const method = request.method ?? 'GET';
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER }, parent);
  const scope = { span, requestId: undefined, client: undefined };
  try {
    await runInScope(scope, () => context.with(trace.setSpan(parent, span), answer));
  } finally {
    span.end();
  }
}

let tracing: boolean | undefined;

/** Whether an operator has registered an SDK (docs/tracing.md), which must happen before the first request. */
function isTracing(): boolean {
  if (tracing === undefined) {
    const provider = trace.getTracerProvider();
    tracing = !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(NAME) !== undefined;
  }
  return tracing;
}

export type UpstreamCall = {
  readonly method: string;
  readonly origin: string;
  /** A flat list of names and values, to which the trace context is added. */
  readonly headers: string[];
};

/** Sends a request upstream in its own span, and passes the trace on in its headers. */
export function traceUpstream<Answer extends { readonly status: number }>(
  call: UpstreamCall,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const parent = scopeContext();
  return parent === undefined ? send() : sendInSpan(call, parent, send);
}

async function sendInSpan<Answer extends { readonly status: number }>(
  { method, origin, headers }: UpstreamCall,
  parent: Context,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const span = tracer.startSpan(method, { kind: SpanKind.CLIENT }, parent);
  handOn(headers, trace.setSpan(parent, span));
  if (!span.isRecording()) return send();
  const { hostname, port } = new URL(origin);
  span.setAttributes({ 'http.request.method': method, 'server.address': hostname, 'server.port': port });
  try {
    const answer = await send();
    span.setAttribute('http.response.status_code', answer.status);
    if (answer.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    return answer;
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Records a span of a finished store operation. `duration`: milliseconds. */
export function traceStoreOperation(operation: string, duration: number, fault: Error | undefined): void {
  const parent = scopeContext();
  if (parent === undefined) return;
  const endedAt = Date.now();
  const span = tracer.startSpan(
    `store ${operation}`,
    { kind: SpanKind.CLIENT, startTime: endedAt - duration, attributes: { 'db.operation.name': operation } },
    parent,
  );
  if (fault !== undefined) fail(span, fault);
  span.end(endedAt);
}

/** The trace id for log lines; `undefined` without a trace. */
export function currentTraceId(): string | undefined {
  const spanContext = currentScope()?.span?.spanContext();
  return spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext.traceId : undefined;
}

/** `undefined` without a trace. */
function scopeContext(): Context | undefined {
  const span = currentScope()?.span;
  return span && trace.setSpan(context.active(), span);
}

/** Replaces the caller's span by the gateway's. */
function handOn(headers: string[], spanContext: Context): void {
  const fields = new Set(propagation.fields());
  if (fields.size === 0) return;
  const kept = headers.flatMap((name, index) =>
    index % 2 === 0 && !fields.has(name.toLowerCase()) ? [name, headers[index + 1] as string] : [],
  );
  headers.splice(0, headers.length, ...kept);
  propagation.inject(spanContext, headers, INTO_FLAT_LIST);
}

function fail(span: Span, error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  span.setStatus({ code: SpanStatusCode.ERROR });
  if (typeof code === 'string') span.setAttribute('error.type', code);
}
