import { dirname } from 'node:path';
import { buildConfig, type Config, type FileSettings } from './config.ts';
import { Diagnostics, type Locate } from './diagnostics.ts';
import type { Environment } from './environment.ts';
import { type FileMarks, FileReader, LARGEST_CONFIG } from './file-reader.ts';
import { includeFiles } from './include-files.ts';
import { readOutsideValues } from './outside-values.ts';
import { parseYaml } from './parse-yaml.ts';
import type { Problem, ValuePath } from './problem.ts';
import { gatewaySchema } from './schema/gateway.ts';
import { SettingsReader } from './settings-reader.ts';
import { locateIn } from './yaml-tree.ts';

type Facts = {
  readonly warnings: readonly Problem[];
  /** The result of reading, as far as it succeeded. */
  readonly files: FileMarks;
};
type Failure = Facts & { readonly ok: false; readonly problems: readonly Problem[] };
type Success = Facts & { readonly ok: true; readonly config: Config };

export type LoadResult = Success | Failure;

/** The configuration with the positions of its values, which only the reading process has. */
export type LoadedConfig = Success & { readonly locate: Locate };

export type LoadOptions = {
  readonly env: Environment;
  /** The base of relative paths in the file. Default: the directory of the file. */
  readonly directory?: string;
  /** Whether a configuration is in force already. */
  readonly isReload?: boolean;
};

type ParseOptions = LoadOptions & {
  readonly files?: FileReader;
  /** How problems name a value. Default: its position and path in the file. */
  readonly pathText?: (path: ValuePath) => string;
};

const WITHOUT_FILE =
  '; name another file with --config FILE (default: gateway.yaml), make one with `pkce-gateway init --upstream URL`, or start without a file: `pkce-gateway serve --upstream URL`';

/** Reads and validates a configuration file and the files that it refers to. Throws for bugs only. */
export async function loadConfig(file: string, options: LoadOptions): Promise<LoadedConfig | Failure> {
  const files = new FileReader();
  const content = await files.read(file, LARGEST_CONFIG);
  if ('text' in content) return parseConfig(content.text, file, { ...options, files });
  const isFirst = files.marks.get(file) === 'ENOENT' && options.isReload !== true;
  const message = `cannot be read: ${content.failure}${isFirst ? WITHOUT_FILE : ''}`;
  const problem = { at: { file, line: 1, column: 1 }, path: '', message };
  return { ok: false, problems: [problem], warnings: [], files: files.marks };
}

/** The same for a text; `fileName` is its name in problems. */
export async function parseConfig(
  text: string,
  fileName: string,
  options: ParseOptions,
): Promise<LoadedConfig | Failure> {
  const { env, directory = dirname(fileName), files = new FileReader(), pathText } = options;
  const diagnostics = Diagnostics.begin(pathText);
  const facts = () => ({ warnings: diagnostics.warnings, files: files.marks });
  const failure = (): Failure => ({ ok: false, problems: diagnostics.problems, ...facts() });
  const tree = parseYaml(text, fileName, diagnostics);
  if (tree === undefined) {
    const start = { file: fileName, line: 1, column: 1 };
    if (diagnostics.problems.length === 0) diagnostics.problemAt(start, [], 'the file is empty');
    return failure();
  }
  const { root } = tree;
  const locate = locateIn(root);
  const located = pathText === undefined ? diagnostics.locatedBy(locate) : diagnostics;
  const surroundings = { files, env, directory };
  // The values of this file first: one of them may be the list of included files.
  await readOutsideValues(tree, surroundings);
  await includeFiles(root, surroundings, located);
  const draft = new SettingsReader(located).read(gatewaySchema, root);
  if (draft === undefined || diagnostics.problems.length > 0) return failure();
  return { ok: true, config: buildConfig(draft as FileSettings), locate, ...facts() };
}
