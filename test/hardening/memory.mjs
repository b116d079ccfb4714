// A process with little memory asks for far too much, again and again, and trains all the same.
const [, , root] = process.argv
const { Adam, labelledSet, Learner, Mlp } = await import(`${root}/index.js`)
const { Analytic } = await import(`${root}/continual/index.js`)
const { union } = await import(`${root}/data/index.js`)

const features = 1 << 20
const wide = labelledSet({
  name: 'wide',
  inputs: new Uint8Array(64 * features),
  labels: new Uint8Array(64),
  features,
  classes: 2,
})
const ASKED = {
  model: () => new Mlp([1 << 15, 1 << 16, 2]),
  grown: () => new Mlp([4, 1 << 14, 2]).grown(1 << 17),
  analytic: () => new Analytic({ inputs: 16_384 * 2, features: 16_384 }),
  set: () => union(wide, ...Array.from({ length: 63 }, () => wide)),
}

const learner = new Learner(new Mlp([64, 32, 4], { seed: 1 }), { optimizer: new Adam() })
const x = Float32Array.from({ length: 64 * 64 }, (_, i) => ((i * 31) % 17) / 17)
const y = Uint8Array.from({ length: 64 }, (_, i) => i % 4)
const first = learner.step(x, y)
const codes = {}
for (let round = 0; round < 3; round++)
  for (const [name, ask] of Object.entries(ASKED)) {
    try {
      ask()
      codes[name] = 'had it'
    } catch (error) {
      codes[name] = error.code ?? String(error)
    }
    learner.step(x, y)
  }
for (let i = 0; i < 50; i++) learner.step(x, y)
process.stdout.write(JSON.stringify({ codes, learns: learner.step(x, y) < first }))
