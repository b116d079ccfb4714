#include "../exports.h"

namespace palimpsest {
namespace {

using Rowwise = void (*KernelTable::*)(const float*, std::size_t, std::size_t, float*);

template <Rowwise kernel>
Napi::Value rowwise(Args& args) {
  const std::size_t rows = args.size("rows"), classes = args.size("classes");
  const auto logits = args.array<const float>("logits", product(rows, classes));
  const auto out = args.array<float>("out", product(rows, classes));
  args.distinct(out, {logits});
  split(rows, smallest_exponentials / classes, 1, [&](std::size_t begin, std::size_t end) {
    (current_table()->*kernel)(logits + begin * classes, end - begin, classes, out + begin * classes);
  });
  return args.env().Undefined();
}

Napi::Value log_softmax_gradient(Args& args) {
  const std::size_t rows = args.size("rows"), classes = args.size("classes");
  const auto log_p = args.array<const float>("logP", product(rows, classes));
  const auto d_log_p = args.array<const float>("dLogP", product(rows, classes));
  const auto d_logits = args.array<float>("dLogits", product(rows, classes));
  args.distinct(d_logits, {log_p, d_log_p});
  split(rows, smallest_exponentials / classes, 1, [&](std::size_t begin, std::size_t end) {
    const std::size_t at = begin * classes;
    current_table()->log_softmax_gradient(log_p + at, d_log_p + at, end - begin, classes, d_logits + at);
  });
  return args.env().Undefined();
}

Napi::Value softmax_cross_entropy(Args& args) {
  const std::size_t rows = args.size("rows"), classes = args.size("classes");
  const auto logits = args.array<const float>("logits", product(rows, classes));
  const auto labels = args.array<const std::uint8_t>("labels", rows);
  const auto row_loss = args.array<float>("rowLoss", rows);
  const auto d_logits = args.array<float>("dLogits", product(rows, classes));
  args.distinct(row_loss, {logits, labels, d_logits});
  args.distinct(d_logits, {logits, labels});
  args.below(labels, classes);
  const double loss = current_table()->softmax_cross_entropy(logits, labels, rows, classes, row_loss, d_logits);
  return Napi::Number::New(args.env(), loss);
}

}  // namespace

void provide_softmax(Napi::Object& exports) {
  provide<rowwise<&KernelTable::softmax>>(exports, "softmax");
  provide<rowwise<&KernelTable::log_softmax>>(exports, "logSoftmax");
  provide<log_softmax_gradient>(exports, "logSoftmaxGradient");
  provide<softmax_cross_entropy>(exports, "softmaxCrossEntropy");
}

}  // namespace palimpsest
