import { connect as connectPlain, isIP, Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions, SentinelConnector } from 'ioredis';
import { redisErrorCode } from './redis-fault.ts';

/** Told why a server is lost, or is left although it answers, where ioredis does not tell. */
export type OnLost = (code: string) => void;
/** The options of a client; its connector gets them all. */
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

/** What the type of `SentinelConnector` hides. */
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

/** Finds the primary by its sentinels, and leaves it as soon as one of them names another. */
export class PrimaryConnector extends (SentinelConnector as unknown as SentinelInternals) {
  readonly #options: ConnectorOptions;
  #sentinelError: string | undefined;

  constructor(options: unknown) {
    const given = options as ConnectorOptions;
    super({ ...given, natMap: withServerName as NonNullable<RedisOptions['natMap']> });
    this.#options = given;
  }

  /** A sentinel may name a server that is not the primary yet, or not any more. */
  override check(info: { readonly role?: string }): boolean {
    const isPrimary = super.check(info);
    if (!isPrimary) this.#options.onLost('READONLY');
    return isPrimary;
  }

  override async connect(emit: ErrorEmitter): Promise<Socket> {
    try {
      // What ioredis tells of the sentinels is a sentence. Its code is that of the last one that was asked.
      const socket = await super.connect((type, error) =>
        emit(type, Object.assign(error, { code: `SENTINEL_${this.#sentinelError ?? 'UNKNOWN_NAME'}` })),
      );
      return writeTogether(socket);
    } catch (error) {
      // ioredis gives up for good where `connect` rejects, and a fail-over that is announced meanwhile makes it reject.
      // A socket that has failed, it tries again.
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

  /** `overrides`: given for the lasting connections that hear of fail-overs. */
  override connectToSentinel(endpoint: Endpoint, overrides?: SentinelOverrides): Redis {
    const { sentinelUsername, sentinelPassword, sentinelTLS, connectTimeout, disconnectTimeout } =
      this.#options;
    const sentinelOptions: ConnectorOptions = {
      ...endpoint,
      ...(sentinelUsername ? { username: sentinelUsername } : {}),
      ...(sentinelPassword ? { password: sentinelPassword } : {}),
      ...(sentinelTLS ? { tls: sentinelTLS } : {}),
      Connector: ServerConnector,
      connectionName: 'pkce-gateway-sentinel',
      disableClientInfo: true,
      protocol: 2,
      enableReadyCheck: false,
      ...(connectTimeout === undefined ? {} : { connectTimeout, socketTimeout: connectTimeout }),
      ...(disconnectTimeout === undefined ? {} : { disconnectTimeout }),
      // Nobody catches what becomes of ioredis's own subscriptions: one that fails would end the process.
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

/** `host:port` as `net.connect` and `tls.connect` take it. */
function withServerName(address: string): ConnectionOptions {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  return { host, port: Number(address.slice(colon + 1)), ...serverName(host) };
}

function serverName(host: string | undefined): { servername?: string } {
  return host === undefined || isIP(host) !== 0 ? {} : { servername: host };
}

/**
 * Makes the commands of one turn of the event loop leave in one write, which costs more than the rest of a command. They
 * are texts; octets, or the end of the connection, come behind the texts before them.
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
