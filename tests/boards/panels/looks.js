// What one sees of each panel, of what is in it.

/** By panel: all that can be read, what is cut off, and which columns lie beyond a table's edge. */
export function looks() {
  const panels = [...document.querySelectorAll('[data-panel]')];
  return Object.fromEntries(panels.map((panel) => [panel.dataset.panel, look(panel)]));
}

function look(panel) {
  const { right } = panel.getBoundingClientRect();
  const all = (selector) => [...panel.querySelectorAll(selector)];
  const cells = all('[role=gridcell]').filter(isWiderThanItsPlace);
  const headers = all('[role=columnheader]');
  const texts = (elements) => elements.map(({ innerText }) => innerText);
  return {
    text: panel.innerText,
    cut: {
      headers: texts(headers.filter(isWiderThanItsPlace)),
      // Of what is cut on its left one misses the first digits.
      numbers: texts(cells.filter((cell) => getComputedStyle(cell).textAlign.match(/right|end/))),
      others: texts(all('*').filter(hasTextThatIsCut)),
    },
    beyond: texts(headers.filter((header) => header.getBoundingClientRect().right > right + 1)),
  };
}

function isWiderThanItsPlace(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  return range.getBoundingClientRect().width > element.getBoundingClientRect().width + 1;
}

function hasTextThatIsCut(element) {
  const hasText = [...element.childNodes].some(({ nodeType }) => nodeType === Node.TEXT_NODE);
  return hasText && element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX === 'hidden';
}
