import type { Difference, Peer, SkippedPeer, Subject } from '../speed/subject.ts'
import { compare, oursOf } from './checks.ts'
import { Child, PeerError, type Program } from './child.ts'
import type { Material } from './material.ts'
import { parseName } from './names.ts'

/** A peer that runs on a material, or why it does not. Its subjects are those of its greeting that we do as well. */
export async function startPeer(program: Program, material: Material): Promise<Peer | SkippedPeer> {
  const { name } = program
  try {
    const child = await Child.start(program)
    return {
      name,
      versions: child.versions,
      subjects: child.greeting.flatMap((line) => subjectOf(line, child)),
      check: (subject) => check(subject, child, material),
      close: () => child.close(),
    }
  } catch (error) {
    if (error instanceof PeerError) return { name, why: error.message }
    throw error
  }
}

/** `subject <name> <every>` */
function subjectOf(line: string, child: Child): Subject[] {
  const [, name = '', every = ''] = /^subject (\S+) (\d+)$/.exec(line) ?? []
  return parseName(name) ? [timed(child, name, name, Number(every))] : []
}

/** A subject whose time a child is asked for, by a name of its own. */
export const timed = (child: Child, name: string, request: string, every = 1): Subject => ({
  name,
  every,
  async time(calls) {
    const [seconds = 0] = await child.numbers(`time ${request} ${calls}`, 1)
    if (seconds > 0) return seconds
    throw new PeerError(`${name} took ${seconds} s, as its program says`)
  },
})

async function check(subject: string, child: Child, material: Material): Promise<Difference> {
  const named = parseName(subject)
  if (!named) throw new PeerError(`${subject} is not something that we do`)
  material.forget()
  await child.ask(`check ${subject}`)
  return compare(named, oursOf(named, material), material.result())
}

/** A subject of a peer that is not to be timed. */
export interface Refused {
  readonly name: string
  readonly why: string
}

/** Checks those subjects of a peer that are wanted: the ones whose results agree with ours, and why the others do not. */
export async function verify(
  peer: Peer,
  wanted: (subject: string) => boolean = () => true,
): Promise<{ readonly passed: Subject[]; readonly refused: Refused[] }> {
  const passed: Subject[] = []
  const refused: Refused[] = []
  for (const subject of peer.subjects.filter(({ name }) => wanted(name))) {
    try {
      const { difference, allowed } = await peer.check(subject.name)
      if (difference <= allowed) passed.push(subject)
      else
        refused.push({
          name: subject.name,
          why: `differs from ours by ${difference.toPrecision(3)}, more than ${allowed.toPrecision(3)}`,
        })
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      refused.push({ name: subject.name, why: error.message })
    }
  }
  return { passed, refused }
}
