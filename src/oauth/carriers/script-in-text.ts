import type { Carrier } from './carrier.ts';
import type { Surroundings } from './find-urls.ts';
import { PieceWriter } from './piece.ts';
import { ScriptReader } from './script-reader.ts';
import type { Written } from './written.ts';

/** The carriers in a script or JSON in the value of an attribute. */
export function findScriptCarriers(written: Written, around: Surroundings): Carrier[] {
  const pieces = new PieceWriter();
  const reader = new ScriptReader(pieces, around, true);
  reader.push(written.text);
  reader.end();
  return pieces.take().flatMap(({ carriers }) => carriers.map((carrier) => inSource(carrier, written)));
}

/** Maps a carrier of a decoded text to the text's source. */
function inSource(carrier: Carrier, written: Written): Carrier {
  return {
    ...carrier,
    edits: (changes) =>
      carrier.edits(changes).map(({ start, end, text }) => ({
        start: written.at(start),
        end: written.at(end),
        text: written.encode(text),
      })),
  };
}
