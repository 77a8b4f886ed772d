import { writeFile } from 'node:fs/promises';
import { type ProductResults, readResults } from '../test/servers/results.ts';
import { LEFT_OUT } from '../test/servers/stage/transcript.ts';

// Writes docs/compatibility.md from the last results of `npm run test:servers`.

const products = Object.values(await readResults()).sort((a, b) =>
  `${a.product} ${a.version}`.localeCompare(`${b.product} ${b.version}`, 'en', { numeric: true }),
);
if (products.length === 0) throw new Error('there are no results yet: run npm run test:servers');
await writeFile(new URL('../docs/compatibility.md', import.meta.url), page());

function page(): string {
  return `<!-- Written by scripts/compatibility.ts from the results of \`npm run test:servers\`. Do not edit. -->

# Compatibility

Real authorization servers, installed from their public releases, with their own login and consent pages and a real
browser: first without the gateway, then behind the gateway in \`enforce\`, then in \`report\`, then behind two gateways in \`enforce\` that share
only the key of a sealed store. The numbers say how many of the scenarios below passed.

| product | version | in enforce | in report | without a store | what it shows |
|---|---|---|---|---|---|
${products.map(productRow).join('\n')}

## What was tried

✓ passed · ✗ failed · blank: the product does not support it

${legend()}

### In enforce

The client is enforced; other clients of the same server are in \`report\`.

${scenarioTable('enforce')}

### In report

${scenarioTable('report')}

### Without a store

Two gateways with \`store.kind: sealed\` get the requests alternately.

${scenarioTable('sealed')}

## What the comparison ignores

"Byte for byte" compares each page, form post and token request, and each response, with those of a login that goes
straight to the server: what the browser and the client see, and what the server sees. The only
allowed difference is the flow prefix before the client's state, on the server's side. The client's own part of the state, its
challenge and verifier are the same in both logins. Ignored are the name of the user, the nonce, times, and

- of requests: ${headerNames('request')};
- of responses: ${headerNames('response')};
- of a redirect to the client: its body and \`content-type\`, because servers repeat the address there and the gateway drops it;
- files of a page (styles, scripts, images), which load in any order.

and what a server generates for each login:

| product | random in each login |
|---|---|
${products
  .filter(({ random }) => random.length > 0)
  .map(({ product, version, random }) => `| ${product} ${version} | ${random.join('; ')} |`)
  .join('\n')}
`;
}

function productRow({ product, version, shows, notRun, scenarios }: ProductResults): string {
  const share = (route: string) => {
    const tried = scenarios.filter((scenario) => scenario.route === route);
    return `${tried.filter(({ passed }) => passed).length} of ${tried.length}`;
  };
  const results =
    notRun === undefined
      ? `${share('enforce')} | ${share('report')} | ${share('sealed')}`
      : `**not run**: ${notRun} | | |`;
  return `| ${product} | ${version} | ${results} | ${shows} |`;
}

function legend(): string {
  return products.map(({ product, version }, i) => `${letter(i)}: ${product} ${version}`).join(' · ');
}

function scenarioTable(route: string): string {
  const names = new Set(
    products.flatMap(({ scenarios }) =>
      scenarios.filter((scenario) => scenario.route === route).map(({ scenario }) => scenario),
    ),
  );
  const row = (name: string) => {
    const marks = products.map(({ scenarios }) => {
      const result = scenarios.find((scenario) => scenario.route === route && scenario.scenario === name);
      if (result === undefined) return '';
      return result.passed ? '✓' : '✗';
    });
    return `| ${name} | ${marks.join(' | ')} |`;
  };
  return [
    `| scenario | ${products.map((_, i) => letter(i)).join(' | ')} |`,
    `|---|${products.map(() => '---|').join('')}`,
    ...[...names].map(row),
  ].join('\n');
}

function letter(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

function headerNames(of: 'request' | 'response'): string {
  return [...LEFT_OUT[of]].map((name) => `\`${name}\``).join(', ');
}
