import { dataText, markup, type Html } from './html.ts';

/** Findings as people write them: headings, lists, paragraphs, emphasis, code. Everything else stays the text that it is. */
export function markdownHtml(text: string, heading = 3): Html {
  const blocks: Html[] = [];
  let list: { readonly ordered: boolean; readonly items: string[] } | undefined;
  let lines: string[] = [];
  const end = (): void => {
    if (lines.length > 0) blocks.push(markup`<p>${inline(lines.join(' '))}</p>`);
    if (list !== undefined) {
      const items = list.items.map((item) => markup`<li>${inline(item)}</li>`);
      blocks.push(
        list.ordered
          ? markup`<ol>
              ${items}
            </ol>`
          : markup`<ul>
              ${items}
            </ul>`,
      );
    }
    [lines, list] = [[], undefined];
  };
  for (const line of text.split('\n')) {
    const [, hashes, title = ''] = /^(#{1,6})\s+(.*)$/.exec(line) ?? [];
    const [, mark, item = ''] = /^\s*([-*]|\d+[.)])\s+(.*)$/.exec(line) ?? [];
    if (hashes !== undefined) {
      end();
      blocks.push(headingHtml(Math.min(heading + hashes.length - 1, 6), title));
    } else if (mark !== undefined) {
      const ordered = /\d/.test(mark);
      if (lines.length > 0 || (list !== undefined && list.ordered !== ordered)) end();
      list ??= { ordered, items: [] };
      list.items.push(item);
    } else if (line.trim() === '') {
      if (list === undefined || lines.length > 0) end();
    } else if (list !== undefined && /^\s/.test(line)) {
      list.items.push(`${list.items.pop() ?? ''} ${line.trim()}`);
    } else {
      if (list !== undefined) end();
      lines.push(line.trim());
    }
  }
  end();
  return markup`${blocks}`;
}

function headingHtml(level: number, title: string): Html {
  const text = inline(title);
  if (level <= 3) return markup`<h3>${text}</h3>`;
  return level === 4 ? markup`<h4>${text}</h4>` : markup`<h5>${text}</h5>`;
}

function inline(text: string): Html {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/);
  return markup`${parts.map((part) => {
    if (part.startsWith('`') && part.length > 2) return markup`<code>${dataText(part.slice(1, -1))}</code>`;
    if (part.startsWith('**') && part.length > 4)
      return markup`<strong>${dataText(part.slice(2, -2))}</strong>`;
    return dataText(part);
  })}`;
}
