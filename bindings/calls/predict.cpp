#include <cmath>
#include <vector>

#include "../exports.h"

namespace palimpsest {
namespace {

struct Layer {
  std::size_t inputs, outputs;
  View<const float> weight, bias;
  View<const float> gamma, beta, mean, variance;  // null without BatchNorm
};

// weight, bias, and between two layers gamma, beta, running mean and running variance, or null for each
std::vector<Layer> layers(Args& args, std::size_t inputs) {
  std::vector<Layer> all;
  for (bool last = false; !last; inputs = all.back().outputs) {
    Layer layer{};
    layer.inputs = inputs;
    layer.weight = args.array<const float>("weight", 0);
    layer.outputs = layer.weight.length / inputs;
    if (layer.outputs * inputs != layer.weight.length)
      args.refuse("LENGTH", "weight holds " + std::to_string(layer.weight.length) +
                                " numbers, expected whole rows of " + std::to_string(inputs));
    layer.bias = args.array<const float>("bias", layer.outputs);
    last = args.left() == 0;
    if (!last) {
      layer.gamma = args.optional<const float>("gamma", layer.outputs);
      layer.beta = args.optional<const float>("beta", layer.outputs);
      layer.mean = args.optional<const float>("runningMean", layer.outputs);
      layer.variance = args.optional<const float>("runningVariance", layer.outputs);
      const auto* norm = layer.gamma.data;
      if (!layer.beta.data != !norm || !layer.mean.data != !norm || !layer.variance.data != !norm)
        args.refuse("INVALID_ARGUMENT", "gamma, beta, runningMean and runningVariance come together");
    }
    all.push_back(layer);
  }
  return all;
}

// y[rows, outputs] of x[rows, inputs]; a packed weight that does not add up in lanes lies transposed
void multiply(const Layer& layer, bool packed, bool relu, std::size_t rows, const float* x, float* y) {
  Matmul p{};
  p.dot = adds_in_lanes(Form::nt, layer.outputs, layer.inputs);
  p.form = packed && !p.dot ? Form::nn : Form::nt;
  p.m = rows, p.n = layer.outputs, p.k = layer.inputs;
  p.a = x, p.a_stride = layer.inputs;
  p.b = layer.weight, p.b_stride = p.form == Form::nn ? layer.outputs : layer.inputs;
  p.bias = layer.bias;
  p.c = y, p.c_stride = layer.outputs;
  p.relu = relu;
  split_matmul(*current_table(), p);
}

void normalize(const Layer& layer, float epsilon, std::size_t rows, const float* x, float* y) {
  const BatchNorm p = {rows, layer.outputs, x, layer.gamma, layer.beta, epsilon};
  current_table()->batch_norm_evaluation(p, layer.mean, layer.variance, y);
}

bool finite(const float* x, std::size_t n) {
  // the sum of large numbers overflows, too
  if (std::isfinite(current_table()->sum(x, n))) return true;
  for (std::size_t i = 0; i < n; ++i)
    if (!std::isfinite(x[i])) return false;
  return true;
}

Napi::Value predict(Args& args) {
  const std::size_t rows = args.size("rows"), inputs = args.size("inputs");
  const bool packed = args.flag("packed");
  const float epsilon = args.real("epsilon");
  const auto x = args.array<const float>("x", rows * inputs);
  const auto workspace = args.array<float>("workspace", 0);
  const auto labels = args.array<std::uint32_t>("labels", rows);
  const auto probabilities = args.array<float>("probabilities", 0);
  const std::vector<Layer> model = layers(args, inputs);
  const std::size_t classes = model.back().outputs;
  if (probabilities.length != rows * classes)
    args.refuse("LENGTH", "probabilities holds " + std::to_string(probabilities.length) + " numbers, expected " +
                              std::to_string(rows * classes));
  args.distinct(workspace, {x, labels, probabilities});
  args.distinct(probabilities, {x, labels});
  args.distinct(labels, {x});
  std::size_t widest = 0;
  for (const Layer& layer : model) {
    widest = std::max(widest, layer.outputs);
    for (const Range& output : {Range(workspace), Range(probabilities), Range(labels)})
      args.distinct(output, {layer.weight, layer.bias, layer.gamma, layer.beta, layer.mean, layer.variance});
  }
  const std::size_t block = workspace.length / (2 * widest);
  if (block == 0)
    args.refuse("LENGTH", "workspace holds " + std::to_string(workspace.length) + " numbers, expected at least " +
                              std::to_string(2 * widest));
  if (!finite(x, x.length)) args.refuse("NON_FINITE", "x holds NaN or infinity");

  for (std::size_t row = 0; row < rows; row += block) {
    const std::size_t count = std::min(block, rows - row);
    const float* from = x + row * inputs;
    float* to = workspace;
    float* other = workspace + block * widest;
    for (const Layer& layer : model) {
      multiply(layer, packed, &layer != &model.back(), count, from, to);
      from = to;
      std::swap(to, other);
      if (layer.gamma.data == nullptr) continue;
      normalize(layer, epsilon, count, from, to);
      from = to;
      std::swap(to, other);
    }
    const bool numbers = current_table()->argmax(from, count, classes, labels + row) < 0;
    current_table()->softmax(from, count, classes, probabilities + row * classes);
    // an infinite logit is the largest of its row, and shows in the probabilities
    if (!numbers || !finite(probabilities + row * classes, count * classes))
      args.refuse("NON_FINITE", "the model's logits are not finite: its training has diverged");
  }
  return args.env().Undefined();
}

// a weight[outputs, inputs] in the order in which `predict` reads it fastest
Napi::Value pack(Args& args) {
  const std::size_t outputs = args.size("outputs"), inputs = args.size("inputs");
  const auto weight = args.array<const float>("weight", outputs * inputs);
  const auto out = args.array<float>("out", outputs * inputs);
  args.distinct(out, {weight});
  const bool as_it_is = adds_in_lanes(Form::nt, outputs, inputs);
  for (std::size_t o = 0; o < outputs; ++o)
    for (std::size_t i = 0; i < inputs; ++i)
      out.data[as_it_is ? o * inputs + i : i * outputs + o] = weight.data[o * inputs + i];
  return args.env().Undefined();
}

}  // namespace

void provide_predict(Napi::Object& exports) {
  provide<predict>(exports, "predict");
  provide<pack>(exports, "packWeight");
}

}  // namespace palimpsest
