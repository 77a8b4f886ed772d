/** The most characters between the name of a form tag and its end. */
const LONGEST = 2_000;

/** The start tags of forms in HTML, without their `>`: each begins at the first `<form` that is close enough to the next `>`. */
export function formTags(html: string): string[] {
  // There is no tag after the last `>`.
  const pieces = html.split('>').slice(0, -1);
  return pieces.flatMap((piece) => {
    const near = piece.slice(-('<form'.length + LONGEST));
    const start = near.search(/<form\b/i);
    return start < 0 ? [] : [near.slice(start)];
  });
}
