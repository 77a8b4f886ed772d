import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buildConfig } from './build-config.ts';
import type { Config } from './config.ts';
import type { Environment } from './environment.ts';
import { type FileMarks, markOf } from './file-mark.ts';
import { Findings } from './findings.ts';
import type { Problem } from './problem.ts';
import { readExternalValues } from './read-external-values.ts';
import { LARGEST_FILE, readIncludedFiles } from './read-included-files.ts';
import { type Pages, readPages } from './read-pages.ts';
import { readFailure } from './read-small-file.ts';
import { readTlsFiles, type TlsTexts } from './read-tls-files.ts';
import type { FileConfig } from './schema/gateway.ts';
import { validateConfig } from './validate.ts';
import { YamlSource } from './yaml-source.ts';
import { YamlValueReader } from './yaml-value.ts';

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

/** A valid file as it stands there, for those who explain it: what runs needs only the `Config` made from it. */
export type LoadedFile = {
  readonly ok: true;
  readonly file: FileConfig;
  readonly source: Pick<YamlSource, 'locate'>;
  readonly tls: TlsTexts;
  readonly pages: Pages;
  readonly files: FileMarks;
  readonly warnings: readonly Problem[];
};

export type LoadOptions = {
  readonly env: Environment;
  /** What relative paths in the file are relative to. Default: the directory of the file. */
  readonly directory?: string;
};

/** Reads and validates a configuration file with everything that it points to. Throws for bugs only. */
export async function loadConfig(file: string, options: LoadOptions): Promise<LoadResult> {
  return configOf(await loadFile(file, options));
}

/** The same for a text; `fileName` is what problems call it. */
export async function parseConfig(text: string, fileName: string, options: LoadOptions): Promise<LoadResult> {
  return configOf(await parseFile(text, fileName, options));
}

export async function loadFile(file: string, options: LoadOptions): Promise<LoadedFile | Failure> {
  const own = [[file, await markOf(file)]] as const;
  const failure = (message: string): Failure => {
    const problems = [{ at: { file, line: 1, column: 1 }, path: '', message }];
    return { ok: false, problems, warnings: [], files: new Map(own) };
  };
  let text: string;
  try {
    if ((await stat(file)).size > LARGEST_FILE) return failure('is larger than 64 MiB');
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    return failure(`cannot be read: ${readFailure(error)}`);
  }
  const loaded = await parseFile(text, file, options);
  return { ...loaded, files: new Map([...loaded.files, ...own]) };
}

export async function parseFile(
  text: string,
  fileName: string,
  { env, directory = dirname(fileName) }: LoadOptions,
): Promise<LoadedFile | Failure> {
  const source = new YamlSource(fileName, text);
  const findings = new Findings(source.locate);
  for (const { offset, message } of source.syntaxProblems) {
    findings.problemAt(source.position(offset), [], message);
  }
  // The rest would be about what the parser made of a broken text.
  if (findings.problems.length > 0) return failureOf(findings);
  const reader = new YamlValueReader(source, findings);
  const raw = reader.read(source.root);
  if (raw === null || raw === undefined) {
    if (findings.problems.length === 0) findings.problem([], 'the file is empty');
    return failureOf(findings);
  }
  // Those of this file first: what is included, and where it goes, may be said by one of them.
  await readExternalValues(reader.externals, { env, directory }, findings);
  const { externals, locate } = await readIncludedFiles(raw, { directory, locate: source.locate }, findings);
  findings.locateBy(locate);
  await readExternalValues(externals, { env, directory }, findings);
  const { file, valid } = validateConfig(raw, findings);
  const tls = await readTlsFiles(valid, directory, findings);
  const pages = await readPages(valid, directory, findings);
  if (file === undefined || findings.problems.length > 0) return failureOf(findings);
  return {
    ok: true,
    file,
    source: { locate },
    tls,
    pages,
    files: findings.files,
    warnings: findings.warnings,
  };
}

function configOf(loaded: LoadedFile | Failure): LoadResult {
  if (!loaded.ok) return loaded;
  const { file, tls, pages, files, warnings } = loaded;
  return { ok: true, config: buildConfig(file, tls, pages), files, warnings };
}

function failureOf({ problems, warnings, files }: Findings): Failure {
  return { ok: false, problems, warnings, files };
}
