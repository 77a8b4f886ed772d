import { readFile } from 'node:fs/promises';

export type Instruction = { readonly name: string; readonly text: string };

export type Stage = {
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
};

/** The stages of a Dockerfile, in order. Supports what ours uses: comments, continued lines, no heredocs. */
export async function readDockerfile(path = 'Dockerfile'): Promise<readonly Stage[]> {
  const text = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`Dockerfile: ${line}`);
    if (name === 'FROM') {
      const [, base = '', stage] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      stages.push({ base, name: stage, instructions: [] });
    } else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** The text of the last instruction of this name. */
export function lastOf({ instructions }: Stage, name: string): string {
  const text = instructions.findLast((instruction) => instruction.name === name)?.text;
  if (text === undefined) throw new Error(`Dockerfile: no ${name}`);
  return text;
}

/** The words of ENTRYPOINT, CMD or HEALTHCHECK in exec form; throws for the shell's. */
export function execForm(text: string): readonly string[] {
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}
