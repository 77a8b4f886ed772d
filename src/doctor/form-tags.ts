/** Characters between the name of a form tag and its end. */
const LONGEST = 2_000;

/** The start tags of forms in HTML, without their `>`: each from the first `<form` that is near enough to the next `>`. */
export function formTags(html: string): string[] {
  // What stands behind the last `>` is no tag.
  const pieces = html.split('>').slice(0, -1);
  return pieces.flatMap((piece) => {
    const near = piece.slice(-('<form'.length + LONGEST));
    const start = near.search(/<form\b/i);
    return start < 0 ? [] : [near.slice(start)];
  });
}
