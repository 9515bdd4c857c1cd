// Pictures within a text. While it is written they are shown from where they were uploaded, with their Content-ID beside
// it; when it is sent they are named by that alone (RFC 2392), so that they leave as parts of the mail.

export type Picture = { src: string; cid: string; alt: string }

/** What mail programs show within a text; anything else goes along as a file. */
export const isPicture = (file: { type: string }) => /^image\/(png|jpeg|gif|webp)$/.test(file.type)

/** A picture as the API answers its upload; its name, without what markup is made of, is said where it cannot be seen. */
export const pictureFrom = (up: { url: string; content_id: string | null; name: string }): Picture => ({
  src: up.url,
  cid: up.content_id ?? '',
  alt: up.name.replace(/[<>"&]/g, ''),
})

const tag = /<img\b[^>]*\bdata-kept-cid="([^"]+)"[^>]*>/g

/** The text as it is sent, and the ids of the files that its pictures are. */
export function outward(html: string): { html: string; files: number[] } {
  const files = new Set<number>()
  const sent = html.replace(tag, (whole, cid: string) => {
    const id = Number(/\bsrc="\/api\/v1\/attachments\/(\d+)"/.exec(whole)?.[1])
    if (!id) return ''
    files.add(id)
    const alt = /\balt="([^"]*)"/.exec(whole)?.[1] ?? ''
    return `<img src="cid:${cid}" alt="${alt}">`
  })
  return { html: sent, files: [...files] }
}
