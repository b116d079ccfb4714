import { afterEach, describe, expect, it } from 'vitest'
import { Child, PeerError, type Program } from '../../bench/peers/child.ts'
import { alive } from './process.ts'

/** a program that greets, and answers each line by this body of a function of `words` and `line` */
const fake = (body: string, greeting = "console.log('ready fake 1')", patience: Program['patience'] = {}): Program => ({
  name: 'fake',
  command: process.execPath,
  args: [
    '-e',
    `${greeting}
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const words = line.split(' ')
      const say = (text) => console.log(text)
      ${body}
    })`,
  ],
  patience,
})

const opened: Child[] = []
afterEach(async () => {
  for (const child of opened.splice(0)) await child.close()
})
const start = async (program: Program) => {
  const child = await Child.start(program)
  opened.push(child)
  return child
}

describe('a program that answers lines', () => {
  it('greets, says its versions, and answers in the order it is asked', async () => {
    const greeting = "console.log('subject a 1\\nsubject b 2\\nready fake 1, one thread')"
    const child = await start(fake("setTimeout(() => say('ok ' + words[1]), words[1] === '1' ? 50 : 0)", greeting))
    expect(child.greeting).toEqual(['subject a 1', 'subject b 2'])
    expect(child.versions).toBe('fake 1, one thread')
    expect(await Promise.all([child.ask('say 1'), child.ask('say 2'), child.ask('say 3')])).toEqual(['1', '2', '3'])
  })

  it.each([
    ['is not there', { name: 'fake', command: '/nonexistent', args: [] }, 'fake does not start'],
    ['says what is missing', fake('', "console.log('missing no library; install it'); process.exit()"), /^no library;/],
    ['dies', fake('', "console.error('first\\nlast words'); process.exit(7)"), 'fake ended with code 7: last words'],
    ['says nothing', fake('', '', { start: 0.3 }), 'fake has not said ready in time'],
    ['talks on', fake('', "setInterval(() => console.log('well'), 20)", { start: 0.5 }), 'has not said ready in time'],
  ])('that %s does not start', async (_, program, message) => {
    await expect(Child.start(program)).rejects.toThrow(PeerError)
    await expect(Child.start(program)).rejects.toThrow(message)
  })

  it('that answers an error goes on', async () => {
    const child = await start(fake("say(words[0] === 'bad' ? 'error cannot' : 'ok 1')"))
    await expect(child.ask('bad')).rejects.toThrow('fake: cannot')
    expect(await child.ask('good')).toBe('1')
  })

  it.each([
    ['nonsense', "say('hello there')", "fake answered 'hello there' to 'time x 1'"],
    ['words for numbers', "say('ok soon')", "fake answered 'soon' to 'time x 1'"],
    ['no number', "say('ok')", "fake answered '' to 'time x 1'"],
    ['too many numbers', "say('ok 1 2')", "fake answered '1 2' to 'time x 1'"],
    ['nothing', '', "fake has not said an answer to 'time x 1' in time"],
  ])('that answers %s is ended, and every request after it fails alike', async (_, body, message) => {
    const child = await start(fake(body, `console.log('ready ' + process.pid)`, { answer: 0.5 }))
    await expect(child.numbers('time x 1', 1)).rejects.toThrow(message)
    await expect(child.ask('time x 1')).rejects.toThrow(message)
    await expect.poll(() => alive(Number(child.versions)), { timeout: 20_000 }).toBe(false)
  })

  it('that speaks unasked is not believed', async () => {
    const child = await start(fake("say('ok 1'); say('ok 2')"))
    await child.ask('one')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await expect(child.ask('two')).rejects.toThrow("fake said 'ok 2' unasked")
  })

  it('that dies says how, to whoever waits and to whoever comes later', async () => {
    const child = await start(fake("console.error('out of memory'); process.exit(3)"))
    const both = await Promise.allSettled([child.ask('one'), child.ask('two')])
    for (const one of both)
      expect(String(one.status === 'rejected' && one.reason)).toContain('ended with code 3: out of')
    await expect(child.ask('three')).rejects.toThrow('fake ended with code 3: out of memory')
  })

  it.skipIf(process.platform === 'win32')('is ended even if it ignores the end of its input and signals', async () => {
    const greeting = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready ' + process.pid)"
    const child = await Child.start(fake('', greeting))
    expect(alive(Number(child.versions))).toBe(true)
    await child.close()
    expect(alive(Number(child.versions))).toBe(false)
  })
})
