const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase()

/** How well typed letters fit a label: beginnings of words best, then anywhere, then in order; 0 for not at all. */
export function score(label: string, typed: string): number {
  const sought = plain(typed.trim())
  if (!sought) return 1
  const text = plain(label)
  if (text.startsWith(sought)) return 5
  if (text.split(/\s+/).some((word) => word.startsWith(sought))) return 4
  if (text.includes(sought)) return 3
  const words = sought.split(/\s+/)
  if (words.length > 1 && words.every((word) => text.includes(word))) return 2
  return sought.length > 2 && beginsInOrder(text, sought) ? 1 : 0
}

/** The letters in order, the first of them beginning a word: "kbsh" for "keyboard shortcuts". */
function beginsInOrder(text: string, letters: string): boolean {
  return text.split(/\s+/).some((_, index, words) => {
    const rest = words.slice(index).join(' ')
    return rest[0] === letters[0] && inOrder(rest, letters)
  })
}

function inOrder(text: string, letters: string): boolean {
  let from = 0
  for (const letter of letters) {
    const found = text.indexOf(letter, from)
    if (found < 0) return false
    from = found + 1
  }
  return true
}
