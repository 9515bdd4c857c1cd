// A mail program of the smallest kind: one mail over one connection (RFC 5321).
import { connect } from 'node:net'

export type Mail = {
  from: string
  name: string
  to: string
  subject: string
  text: string
  headers?: Record<string, string>
}

/** Reads whole answers, which may have several lines ("250-SIZE", "250 OK"). */
function answers(socket: NodeJS.ReadableStream): () => Promise<string> {
  let text = ''
  const waiting: ((answer: string) => void)[] = []
  const look = () => {
    const whole = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\n/.exec(text)
    const next = whole && waiting.shift()
    if (!whole || !next) return
    text = text.slice(whole[0].length)
    next(whole[0])
  }
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8').replaceAll('\r', '')
    look()
  })
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      look()
    })
}

/** Hands raw bytes to the server at "host:port"; returns once they were accepted. */
export async function deliver(server: string, from: string, to: string, raw: string): Promise<void> {
  const [host, port] = server.split(/:(?=\d+$)/)
  const socket = connect({ host, port: Number(port) })
  const next = answers(socket)
  const say = async (line: string | null, code: string) => {
    if (line !== null) socket.write(`${line}\r\n`)
    const answer = await Promise.race([
      next(),
      new Promise<string>((_, reject) => {
        socket.once('error', reject)
        socket.once('close', () => reject(new Error('the server hung up')))
      }),
    ])
    if (!answer.startsWith(code)) throw new Error(`${line ?? 'greeting'}: ${answer.trim()}`)
  }
  try {
    await say(null, '220')
    await say('EHLO mail.customers.example', '250')
    await say(`MAIL FROM:<${from}>`, '250')
    await say(`RCPT TO:<${to}>`, '250')
    await say('DATA', '354')
    await say(`${raw.replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..')}\r\n.`, '250')
  } finally {
    socket.destroy()
  }
}

let sent = 0

/** Writes a mail as a person's program would, and sends it. Gives its Message-ID. */
export async function write(server: string, mail: Mail): Promise<string> {
  sent += 1
  const id = `story.${process.pid}.${Date.now()}.${sent}@customers.example`
  const headers = {
    From: `${mail.name} <${mail.from}>`,
    To: `<${mail.to}>`,
    Subject: mail.subject,
    Date: new Date().toUTCString().replace('GMT', '+0000'),
    'Message-ID': `<${id}>`,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Transfer-Encoding': '8bit',
    ...mail.headers,
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  await deliver(server, mail.from, mail.to, `${head.join('\r\n')}\r\n\r\n${mail.text}\r\n`)
  return id
}
