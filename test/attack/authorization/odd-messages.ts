import { gzipSync } from 'node:zlib';
import { rawRequest } from '../../support/raw-http.ts';
import { spellingsOf } from '../path-spellings.ts';
import {
  AUTHORIZE,
  type AuthorizationAttack,
  attack,
  forged,
  get,
  post,
  query,
  refused,
  withheld,
} from './attack.ts';

const { resembling, beyond } = spellingsOf('authorize');

const withMethod = (method: string) =>
  attack(`${method} with everything in the query`, refused('http_method_not_allowed'), (scene) =>
    scene.stage.send(rawRequest(`${method} ${AUTHORIZE}?${query({})} HTTP/1.1`, [], '', scene.host)),
  );

/** Requests for a code without a challenge, with another path, method or body than the judged ones. */
export const ODD_MESSAGES: readonly AuthorizationAttack[] = [
  ...resembling.map((path) =>
    attack(`a query of ${path}`, refused('path_ambiguous'), (scene) => get(scene, `${path}?${query({})}`)),
  ),
  ...resembling.map((path) =>
    attack(`a form posted to ${path}`, refused('path_ambiguous'), (scene) => post(scene, path, query({}))),
  ),
  ...beyond.map((path) =>
    attack(`a query of ${path}`, withheld('flow_unknown'), (scene) => get(scene, `${path}?${query({})}`)),
  ),
  ...beyond.map((path) =>
    attack(`a form posted to ${path}`, withheld('flow_unknown'), (scene) => post(scene, path, query({}))),
  ),
  ...beyond.map((path) =>
    attack(`a query of ${path} for a fragment`, withheld('flow_unknown'), (scene) =>
      get(scene, `${path}?${query({ response_mode: 'fragment' })}`),
    ),
  ),
  ...beyond.map((path) =>
    attack(`a query of ${path} for a form_post`, withheld('flow_unknown'), (scene) =>
      get(scene, `${path}?${query({ response_mode: 'form_post' })}`),
    ),
  ),
  ...['/oauth2\\authorize', '/oauth2/authorize#x', 'http://evil.example/oauth2/authorize'].map((target) =>
    attack(`a query of ${target}`, 'unreadable', (scene) => get(scene, `${target}?${query({})}`)),
  ),
  ...['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY'].map(withMethod),
  attack('HEAD', refused('challenge_missing'), (scene) =>
    scene.stage.send(rawRequest(`HEAD ${AUTHORIZE}?${query({})} HTTP/1.1`, [], '', scene.host)),
  ),
  attack('everything in the query of a POST', refused('challenge_missing'), (scene) =>
    post(scene, `${AUTHORIZE}?${query({})}`, ''),
  ),
  attack('JSON', refused('content_type_not_allowed'), (scene) =>
    post(scene, AUTHORIZE, JSON.stringify(Object.fromEntries(new URLSearchParams(query({})))), [
      'Content-Type: application/json',
    ]),
  ),
  attack('gzip', refused('content_encoding_not_allowed'), (scene) =>
    post(scene, AUTHORIZE, gzipSync(query({})).toString('latin1'), [
      'Content-Type: application/x-www-form-urlencoded',
      'Content-Encoding: gzip',
    ]),
  ),
  attack('UTF-16', refused('content_type_not_allowed'), (scene) =>
    post(scene, AUTHORIZE, Buffer.from(query({}), 'utf16le').toString('latin1'), [
      'Content-Type: application/x-www-form-urlencoded; charset=utf-16le',
    ]),
  ),
  attack(
    'a form in the body of a GET',
    // Without its body it requests nothing; its response is still inspected.
    withheld('flow_unknown'),
    (scene) =>
      scene.stage.send(
        rawRequest(
          `GET ${AUTHORIZE} HTTP/1.1`,
          ['Content-Type: application/x-www-form-urlencoded'],
          query({}),
          scene.host,
        ),
      ),
  ),
  ...['X-Original-URL', 'X_Rewrite_URL'].map((header) =>
    attack(`a page, with ${header}`, 'defused', (scene) =>
      get(scene, `/login?${query({})}`, [`${header}: ${AUTHORIZE}`]),
    ),
  ),
  ...beyond
    .slice(0, 4)
    .map((path) =>
      attack(`a forged flow prefix of report at ${path}`, withheld('flow_unknown'), (scene) =>
        get(scene, `${path}?${query({ state: `${forged(scene)}x` })}`),
      ),
    ),
];
