import { resolve } from 'node:path';
import type { Environment } from './environment.ts';
import type { FileReader } from './file-reader.ts';
import type { Entry, ExternalNode, YamlNode, YamlTree } from './yaml-tree.ts';

/** The text that was read, or why reading failed. */
export type OutsideValue =
  | { readonly text: string /** A warning, for what is a secret. */; readonly exposure: string | undefined }
  | { readonly failure: string };

/** The texts behind `{from_env}`, `{from_file}` and the keys that name a file; read before the values are validated. */
export class OutsideValues {
  readonly #files: FileReader;
  readonly #env: Environment;
  readonly #directory: string;
  readonly #values = new Map<ExternalNode | Entry, OutsideValue>();

  constructor(files: FileReader, { env, directory }: { env: Environment; directory: string }) {
    this.#files = files;
    this.#env = env;
    this.#directory = directory;
  }

  /** Reads files one after the other, because there may be many. */
  async read({ externals, fileKeys }: Omit<YamlTree, 'root'>): Promise<void> {
    for (const external of externals) this.#values.set(external, await this.#readExternal(external));
    for (const entry of fileKeys) {
      const name = this.textOf(entry.value);
      if (name) this.#values.set(entry, await this.#readFile(name));
    }
  }

  /** `undefined` for a key that does not name a file. */
  valueOf(place: ExternalNode | Entry): OutsideValue | undefined {
    return this.#values.get(place);
  }

  /** A text, written in the configuration or elsewhere. */
  textOf(node: YamlNode | undefined): string | undefined {
    if (node?.kind === 'scalar') return typeof node.value === 'string' ? node.value : undefined;
    const value = node?.kind === 'external' ? this.#values.get(node) : undefined;
    return value !== undefined && 'text' in value ? value.text : undefined;
  }

  async #readExternal({ via, name }: ExternalNode): Promise<OutsideValue> {
    if (via === 'env') {
      const text = this.#env[name];
      if (text === undefined) return { failure: `the environment variable ${name} is not set` };
      return { text, exposure: undefined };
    }
    const value = await this.#readFile(name);
    // Editors and `echo` end a file with a newline, which is not part of a secret.
    return 'text' in value ? { ...value, text: value.text.replace(/\r?\n$/, '') } : value;
  }

  async #readFile(name: string): Promise<OutsideValue> {
    const file = resolve(this.#directory, name);
    const content = await this.#files.read(file);
    if ('failure' in content) return { failure: `cannot read ${file}: ${content.failure}` };
    const { text, exposed } = content;
    return {
      text,
      exposure: exposed ? `every user of this machine can read ${file}: run chmod o-r` : undefined,
    };
  }
}
