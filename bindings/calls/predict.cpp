#include <algorithm>
#include <vector>

#include "../exports.h"

namespace palimpsest {
namespace {

struct Layer {
  std::size_t inputs, outputs;
  View<const float> weight, bias;
  View<const float> gamma, beta, mean, variance;  // null where no BatchNorm follows
};

// a hidden layer's weight and bias, and with BatchNorm its gamma, beta, running mean and running variance; at the end
// a weight and a bias alone
std::vector<Layer> layers(Args& args, std::size_t inputs, bool normalized) {
  std::vector<Layer> all;
  all.reserve(args.left() / 2 + 1);
  for (bool last = false; !last; inputs = all.back().outputs) {
    last = args.left() <= 2;
    Layer layer{};
    layer.inputs = inputs;
    layer.weight = args.array<const float>(last ? "lastWeight" : "weight", 0);
    layer.outputs = layer.weight.length / inputs;
    if (layer.outputs * inputs != layer.weight.length)
      args.refuse("LENGTH", std::string(layer.weight.name) + " has " + std::to_string(layer.weight.length) +
                                " elements, expected whole rows of " + std::to_string(inputs));
    layer.bias = args.array<const float>(last ? "lastBias" : "bias", layer.outputs);
    if (normalized && !last) {
      layer.gamma = args.array<const float>("gamma", layer.outputs);
      layer.beta = args.array<const float>("beta", layer.outputs);
      layer.mean = args.array<const float>("runningMean", layer.outputs);
      layer.variance = args.array<const float>("runningVariance", layer.outputs);
    }
    all.push_back(layer);
  }
  return all;
}

// the widest tile of any table: a packed weight lies in panels of so many outputs, each [inputs, outputs of the panel],
// for tiles to read from end to end; but one that adds up in lanes is read best as it is
constexpr std::size_t panel = 48;

void multiply_panels(const Matmul& whole) {
  split((whole.n + panel - 1) / panel, 1, 1, [&](std::size_t begin, std::size_t end) {
    Matmul part = whole;
    part.form = Form::nn;
    for (std::size_t i = begin * panel; i < std::min(end * panel, whole.n); i += panel) {
      part.n = part.b_stride = std::min(panel, whole.n - i);
      part.b = whole.b + i * whole.k;
      part.bias = whole.bias + i;
      part.c = whole.c + i;
      current_table()->matmul(part);
    }
  });
}

// y[rows, outputs] of x[rows, inputs]
void multiply(const Layer& layer, bool packed, bool relu, std::size_t rows, const float* x, float* y) {
  Matmul p{};
  p.form = Form::nt;
  p.dot = adds_in_lanes(p.form, layer.outputs, layer.inputs);
  p.m = rows, p.n = layer.outputs, p.k = layer.inputs;
  p.a = x, p.a_stride = layer.inputs;
  p.b = layer.weight, p.b_stride = layer.inputs;
  p.bias = layer.bias;
  p.c = y, p.c_stride = layer.outputs;
  p.relu = relu;
  packed && !p.dot ? multiply_panels(p) : split_matmul(*current_table(), p);
}

void normalize(const Layer& layer, float epsilon, std::size_t rows, const float* x, float* y) {
  const BatchNorm p = {rows, layer.outputs, x, layer.gamma, layer.beta, epsilon};
  current_table()->batch_norm_evaluation(p, layer.mean, layer.variance, y);
}

void softmax(std::size_t rows, std::size_t classes, const float* logits, float* probabilities) {
  split(rows, smallest_exponentials / classes, 1, [&](std::size_t begin, std::size_t end) {
    current_table()->softmax(logits + begin * classes, end - begin, classes, probabilities + begin * classes);
  });
}

struct Model {
  std::vector<Layer> layers;
  bool packed;
  float epsilon;
  std::size_t widest = 0;

  // where the logits of these rows lie, in one of two places, each for so many rows of the widest layer
  const float* forward(std::size_t rows, const float* x, float* to, float* other) const {
    const auto advance = [&] {
      x = to;
      std::swap(to, other);
    };
    for (const Layer& layer : layers) {
      multiply(layer, packed, &layer != &layers.back(), rows, x, to);
      advance();
      if (layer.gamma.data == nullptr) continue;
      normalize(layer, epsilon, rows, x, to);
      advance();
    }
    return x;
  }
};

Napi::Value predict(Args& args) {
  const std::size_t rows = args.size("rows"), inputs = args.size("inputs");
  Model model{};
  model.packed = args.flag("packed");
  const bool normalized = args.flag("normalized");
  model.epsilon = args.real("epsilon");
  const auto x = args.array<const float>("x", product(rows, inputs));
  const auto workspace = args.array<float>("workspace", 0);
  const auto labels = args.array<std::uint32_t>("labels", rows);
  const auto probabilities = args.array<float>("probabilities", 0);
  model.layers = layers(args, inputs, normalized);
  const std::size_t classes = model.layers.back().outputs;
  if (!(model.epsilon > 0)) args.refuse("INVALID_ARGUMENT", "epsilon must be above 0");
  if (probabilities.length / classes != rows || probabilities.length % classes != 0)
    args.refuse("LENGTH", "probabilities has " + std::to_string(probabilities.length) + " elements, expected " +
                              std::to_string(rows * classes));
  args.distinct(workspace, {x, labels, probabilities});
  args.distinct(probabilities, {x, labels});
  args.distinct(labels, {x});
  for (const Layer& layer : model.layers) {
    model.widest = std::max(model.widest, layer.outputs);
    for (const Range& output : {Range(workspace), Range(probabilities), Range(labels)})
      args.distinct(output, {layer.weight, layer.bias, layer.gamma, layer.beta, layer.mean, layer.variance});
  }
  const std::size_t block = workspace.length / (2 * model.widest);
  if (block == 0)
    args.refuse("LENGTH", "workspace has " + std::to_string(workspace.length) + " elements, expected at least " +
                              std::to_string(2 * model.widest));
  if (!current_table()->all_finite(x, x.length)) args.refuse("NON_FINITE", "x holds NaN or infinity");

  for (std::size_t row = 0; row < rows; row += block) {
    const std::size_t count = std::min(block, rows - row);
    const float* logits = model.forward(count, x + row * inputs, workspace, workspace + block * model.widest);
    float* p = probabilities + row * classes;
    const bool numbers = current_table()->argmax(logits, count, classes, labels + row) < 0;
    softmax(count, classes, logits, p);
    // an infinite logit is the largest of its row, and shows in the probabilities
    if (!numbers || !current_table()->all_finite(p, count * classes))
      args.refuse("NON_FINITE", "the model's logits are not finite: its training has diverged");
  }
  return args.env().Undefined();
}

// a weight[outputs, inputs] in the order in which `predict` reads it fastest
Napi::Value pack(Args& args) {
  const std::size_t outputs = args.size("outputs"), inputs = args.size("inputs");
  const auto weight = args.array<const float>("weight", product(outputs, inputs));
  const auto out = args.array<float>("out", product(outputs, inputs));
  args.distinct(out, {weight});
  if (adds_in_lanes(Form::nt, outputs, inputs)) {
    std::copy_n(weight.data, weight.length, out.data);
    return args.env().Undefined();
  }
  for (std::size_t o = 0; o < outputs; ++o) {
    const std::size_t begin = o / panel * panel, width = std::min(panel, outputs - begin);
    for (std::size_t i = 0; i < inputs; ++i)
      out.data[begin * inputs + i * width + o - begin] = weight.data[o * inputs + i];
  }
  return args.env().Undefined();
}

}  // namespace

void provide_predict(Napi::Object& exports) {
  provide<predict>(exports, "predict");
  provide<pack>(exports, "packWeight");
}

}  // namespace palimpsest
