// The only door through which text becomes markup in the workspace. The server has sanitised it; the browser's Trusted
// Types refuse every other door.
type Policy = { createHTML(text: string): string }
type Factory = { createPolicy(name: string, rules: Policy): Policy }

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes
const policy: Policy = factory?.createPolicy('kept', { createHTML: (text) => text }) ?? { createHTML: (text) => text }

/**
 * Parses sanitised HTML into nodes. Style attributes are set through the object model, because the page's policy forbids
 * them as text; the sanitiser writes attributes one way only and escapes every quote in text, so they can be renamed.
 */
export function parse(html: string): DocumentFragment {
  const parsed = new DOMParser().parseFromString(
    policy.createHTML(html.replaceAll(' style="', ' data-style="')),
    'text/html',
  )
  const fragment = document.createDocumentFragment()
  fragment.append(...[...parsed.body.childNodes].map((node) => document.adoptNode(node)))
  for (const element of fragment.querySelectorAll<HTMLElement>('[data-style]')) {
    element.style.cssText = element.getAttribute('data-style') ?? ''
    element.removeAttribute('data-style')
  }
  for (const link of fragment.querySelectorAll('a[href]')) {
    link.setAttribute('target', '_blank')
    link.setAttribute('rel', 'noopener noreferrer nofollow')
  }
  return fragment
}
