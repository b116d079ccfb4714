// The writing end, in a thread of its own. In each state the layers' product is the same power of two, and the last bias and
// the threshold change together.
import { parentPort, workerData } from 'node:worker_threads'

const { slots, layout, states, units } = workerData
const { SlotWriter } = await import(slots)
const writer = new SlotWriter(layout)

function write(sequence) {
  const scale = 2 ** (sequence % 16)
  const odd = sequence % 2
  const last = new Float32Array(2 * units)
  last.fill(1 / (scale * units), 0, units)
  writer.write({
    layers: [
      { weight: new Float32Array(units).fill(scale), bias: new Float32Array(units), norm: [] },
      { weight: last, bias: Float32Array.of(2 * odd, 0), norm: [] },
    ],
    labels: layout.labels,
    threshold: odd ? 0.99 : 0.7,
    sequence,
  })
}

write(1)
parentPort.postMessage(writer.memory)
for (let sequence = 2; sequence <= states; sequence++) write(sequence)
