import { connect as connectPlain, isIP, Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions, SentinelConnector } from 'ioredis';
import { redisErrorCode } from './redis-fault.ts';

/** Gets the reason why a server is lost, or left although it answers, if ioredis does not report one. */
export type OnLost = (code: string) => void;
/** The options of a client, which its connector also gets. */
export type ConnectorOptions = RedisOptions & { readonly onLost: OnLost };

type ErrorEmitter = (type: string, error: Error) => void;

/**
 * Opens the socket to one server. ioredis's own connector listens to the first error of a socket only (redis/ioredis#962):
 * a TLS socket that is not trusted may have a second one, the peer's alert, which would end the process.
 */
export class ServerConnector extends AbstractConnector {
  readonly #options: ConnectorOptions;

  /** `options`: the client's `ConnectorOptions`; ioredis does not type them. */
  constructor(options: unknown) {
    const given = options as ConnectorOptions;
    super(given.disconnectTimeout ?? 0);
    this.#options = given;
  }

  override async connect(): Promise<Socket> {
    this.connecting = true;
    const { host, port, path, tls } = this.#options;
    const target = path === undefined || path === null ? { host: host ?? '', port: port ?? 0 } : { path };
    const socket = tls ? connectTls({ ...target, ...serverName(host), ...tls }) : connectPlain(target);
    socket.once('error', (error) => {
      this.firstError = error;
      const code = redisErrorCode(error);
      if (code !== undefined) this.#options.onLost(code);
    });
    this.stream = writeTogether(socket);
    return this.stream;
  }
}

type Endpoint = { readonly host: string; readonly port: number };
type SentinelOverrides = Pick<RedisOptions, 'lazyConnect' | 'retryStrategy'>;

/** Private members of `SentinelConnector`. */
type SentinelInternals = {
  new (
    options: RedisOptions,
  ): AbstractConnector & {
    check(info: { readonly role?: string }): boolean;
    connect(emit: ErrorEmitter): Promise<Socket>;
    resolve(endpoint: Endpoint): Promise<Endpoint | null>;
    connectToSentinel(endpoint: Endpoint, overrides?: SentinelOverrides): Redis;
  };
};

/** Finds the primary through its sentinels, and leaves it as soon as one of them names another primary. */
export class PrimaryConnector extends (SentinelConnector as unknown as SentinelInternals) {
  readonly #options: ConnectorOptions;
  #sentinelError: string | undefined;

  constructor(options: unknown) {
    const given = options as ConnectorOptions;
    super({ ...given, natMap: withServerName as NonNullable<RedisOptions['natMap']> });
    this.#options = given;
  }

  /** A sentinel may name a server that is not yet, or no longer, the primary. */
  override check(info: { readonly role?: string }): boolean {
    const isPrimary = super.check(info);
    if (!isPrimary) this.#options.onLost('READONLY');
    return isPrimary;
  }

  override async connect(emit: ErrorEmitter): Promise<Socket> {
    try {
      // ioredis's error is only a sentence. The code is that of the last sentinel that was asked.
      const socket = await super.connect((type, error) =>
        emit(type, Object.assign(error, { code: `SENTINEL_${this.#sentinelError ?? 'UNKNOWN_NAME'}` })),
      );
      return writeTogether(socket);
    } catch (error) {
      // If `connect` rejects, ioredis gives up for good, and a fail-over that is announced meanwhile makes it reject.
      // After a failed socket, ioredis tries again.
      this.firstError = error as Error;
      return new Socket().destroy();
    }
  }

  override async resolve(endpoint: Endpoint): Promise<Endpoint | null> {
    this.#sentinelError = undefined;
    try {
      return await super.resolve(endpoint);
    } catch (error) {
      this.#sentinelError ??= redisErrorCode(error) ?? 'CONNECTION_CLOSED';
      throw error;
    }
  }

  /** `overrides`: only for the permanent connections that listen for fail-overs. */
  override connectToSentinel(endpoint: Endpoint, overrides?: SentinelOverrides): Redis {
    const { sentinelUsername, sentinelPassword, sentinelTLS, connectTimeout, disconnectTimeout } =
      this.#options;
    const sentinelOptions: ConnectorOptions = {
      ...endpoint,
      username: sentinelUsername,
      password: sentinelPassword,
      tls: sentinelTLS,
      Connector: ServerConnector,
      connectionName: 'pkce-gateway-sentinel',
      disableClientInfo: true,
      protocol: 2,
      enableReadyCheck: false,
      connectTimeout,
      socketTimeout: connectTimeout,
      disconnectTimeout,
      // Nothing catches errors of ioredis's own subscriptions: a failed one would end the process.
      maxRetriesPerRequest: null,
      autoResubscribe: false,
      retryStrategy: () => null,
      ...overrides,
      onLost: (code) => {
        if (overrides === undefined) this.#sentinelError ??= code;
      },
    };
    const client = new Redis({ ...sentinelOptions, replyMapping: 'legacy' });
    client.on('error', () => {});
    if (overrides !== undefined) {
      client.on('message', () => this.#options.onLost('FAILOVER'));
      client.on('ready', () => void client.subscribe('+switch-master').catch(() => {}));
    }
    return client;
  }
}

/** `host:port` in the form for `net.connect` and `tls.connect`. */
function withServerName(address: string): ConnectionOptions {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  return { host, port: Number(address.slice(colon + 1)), ...serverName(host) };
}

function serverName(host: string | undefined): { servername?: string } {
  return host === undefined || isIP(host) !== 0 ? {} : { servername: host };
}

/**
 * Sends the commands of one turn of the event loop in one write, because a write costs more than the rest of a command.
 * Commands are text; bytes, or the end of the connection, follow the text before them.
 */
function writeTogether(socket: Socket): Socket {
  socket.on('error', () => {});
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const end = socket.end.bind(socket) as (...args: unknown[]) => Socket;
  let text = '';
  const flush = () => {
    if (text !== '') write(text);
    text = '';
  };
  return Object.assign(socket, {
    write(chunk: string | Uint8Array, ...rest: unknown[]): boolean {
      if (typeof chunk !== 'string' || rest.length > 0) {
        flush();
        return write(chunk, ...rest);
      }
      if (text === '') setImmediate(flush);
      text += chunk;
      return true;
    },
    end(...rest: unknown[]): Socket {
      flush();
      return end(...rest);
    },
  });
}
