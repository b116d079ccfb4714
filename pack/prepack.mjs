// Everything that the tarball carries and git does not: a tarball without it must not be made, so this fails whole.
import { prebuild } from './prebuilds.mjs'
import { program } from './program.mjs'
import { TARGETS } from './targets.mjs'

try {
  for (const file of Object.keys(TARGETS)) await prebuild(file)
  await program()
} catch (error) {
  console.error(`palimpsest: the package cannot be made: ${error.message}`)
  process.exit(1)
}
