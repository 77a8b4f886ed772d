/** The content of /metrics, as Prometheus reads it. */
export class MetricSamples {
  readonly text: string;
  readonly #samples: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];

  constructor(text: string) {
    this.text = text;
    this.#samples = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
        if (match === null) throw new Error(`not a sample: ${line}`);
        const labels = Object.fromEntries(
          [...(match[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map((m) => [m[1], m[2]]),
        );
        return { name: match[1] as string, labels, value: Number(match[3]) };
      });
  }

  /** The sum of all samples of a metric that have these labels; 0 for none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#samples
      .filter((sample) => sample.name === `pkce_gateway_${name}`)
      .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      .reduce((sum, sample) => sum + sample.value, 0);
  }
}
