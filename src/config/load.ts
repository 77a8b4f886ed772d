import { dirname } from 'node:path';
import { checkSettings } from './check-settings.ts';
import { buildConfig, type Config, type FileSettings } from './config.ts';
import { Diagnostics, type Locate } from './diagnostics.ts';
import type { Environment } from './environment.ts';
import { type FileMarks, FileReader, LARGEST_CONFIG } from './file-reader.ts';
import { includeFiles } from './include-files.ts';
import { OutsideValues } from './outside-values.ts';
import { parseYaml } from './parse-yaml.ts';
import type { Problem, ValuePath } from './problem.ts';
import { gatewaySchema } from './schema/gateway.ts';
import { SettingsReader } from './settings.ts';
import { locateIn } from './yaml-tree.ts';

export type Failure = {
  readonly ok: false;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** As far as reading went. */
  readonly files: FileMarks;
};

export type LoadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly Problem[];
      readonly files: FileMarks;
    }
  | Failure;

/** A valid file as it is written, for `explain`: the gateway itself needs only the `Config`. */
export type LoadedFile = {
  readonly ok: true;
  readonly settings: FileSettings;
  readonly locate: Locate;
  readonly warnings: readonly Problem[];
  readonly files: FileMarks;
};

export type LoadOptions = {
  readonly env: Environment;
  /** The base of relative paths in the file. Default: the directory of the file. */
  readonly directory?: string;
};

type ParseOptions = LoadOptions & {
  readonly files?: FileReader;
  /** How problems name a value. Default: its path in the file, after its position. */
  readonly pathText?: (path: ValuePath) => string;
};

/** Reads and validates a configuration file and the files that it refers to. Throws for bugs only. */
export async function loadConfig(file: string, options: LoadOptions): Promise<LoadResult> {
  return configOf(await loadFile(file, options));
}

/** The same for a text; `fileName` is its name in problems. */
export async function parseConfig(
  text: string,
  fileName: string,
  options: ParseOptions,
): Promise<LoadResult> {
  return configOf(await parseFile(text, fileName, options));
}

export async function loadFile(file: string, options: LoadOptions): Promise<LoadedFile | Failure> {
  const files = new FileReader();
  const content = await files.read(file, LARGEST_CONFIG);
  if ('text' in content) return parseFile(content.text, file, { ...options, files });
  const message = `cannot be read: ${content.failure}; name a different file with --config, or start without a file: serve --upstream URL`;
  const problem = { at: { file, line: 1, column: 1 }, path: '', message };
  return { ok: false, problems: [problem], warnings: [], files: files.marks };
}

export async function parseFile(
  text: string,
  fileName: string,
  options: ParseOptions,
): Promise<LoadedFile | Failure> {
  const { env, directory = dirname(fileName), files = new FileReader(), pathText } = options;
  const diagnostics = new Diagnostics(pathText);
  const result = () => ({
    files: files.marks,
    problems: diagnostics.problems,
    warnings: diagnostics.warnings,
  });
  const tree = parseYaml(text, fileName, diagnostics);
  if (tree === undefined) {
    if (diagnostics.problems.length === 0) {
      diagnostics.problemAt({ file: fileName, line: 1, column: 1 }, [], 'the file is empty');
    }
    return { ok: false, ...result() };
  }
  const { root } = tree;
  if (pathText === undefined) diagnostics.locateBy(locateIn(root));
  const outside = new OutsideValues(files, { env, directory });
  // The values of this file first: one of them may be the list of included files.
  await outside.read(tree);
  await includeFiles(root, { directory, outside, files }, diagnostics);
  const draft = new SettingsReader(outside, diagnostics).read(gatewaySchema, root);
  if (draft !== undefined) checkSettings(draft, root, diagnostics);
  const { problems, ...facts } = result();
  if (draft === undefined || problems.length > 0) return { ok: false, problems, ...facts };
  return { ok: true, settings: draft as FileSettings, locate: locateIn(root), ...facts };
}

function configOf(loaded: LoadedFile | Failure): LoadResult {
  if (!loaded.ok) return loaded;
  const { settings, files, warnings } = loaded;
  return { ok: true, config: buildConfig(settings), files, warnings };
}
