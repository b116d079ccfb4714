#include "../exports.h"

namespace palimpsest {
namespace {

// the arguments that every call of this family starts with
BatchNorm layer(Args& args, std::size_t least_rows, View<const float>& x, View<const float>& gamma,
                View<const float>& beta) {
  BatchNorm p{};
  p.rows = args.size("rows", least_rows);
  p.features = args.size("features");
  x = args.array<const float>("x", product(p.rows, p.features));
  gamma = args.array<const float>("gamma", p.features);
  beta = args.array<const float>("beta", p.features);
  p.x = x;
  p.gamma = gamma;
  p.beta = beta;
  p.epsilon = args.real("epsilon");
  if (!(p.epsilon > 0)) args.refuse("INVALID_ARGUMENT", "epsilon must be above 0");
  return p;
}

Napi::Value training(Args& args) {
  View<const float> x, gamma, beta;
  const BatchNorm p = layer(args, 2, x, gamma, beta);
  const float momentum = args.real("momentum");
  const auto running_mean = args.array<float>("runningMean", p.features);
  const auto running_variance = args.array<float>("runningVariance", p.features);
  const auto mean = args.array<float>("mean", p.features);
  const auto inverse_deviation = args.array<float>("inverseDeviation", p.features);
  const auto y = args.array<float>("y", product(p.rows, p.features));
  if (!(momentum >= 0 && momentum <= 1)) args.refuse("INVALID_ARGUMENT", "momentum must lie in [0, 1]");
  args.distinct(running_mean, {x, gamma, beta, running_variance, mean, inverse_deviation, y});
  args.distinct(running_variance, {x, gamma, beta, mean, inverse_deviation, y});
  args.distinct(mean, {x, gamma, beta, inverse_deviation, y});
  args.distinct(inverse_deviation, {x, gamma, beta, y});
  args.distinct(y, {x, gamma, beta});
  current_table()->batch_norm_training(p, momentum, running_mean, running_variance, mean, inverse_deviation, y);
  return args.env().Undefined();
}

using Evaluation = void (*KernelTable::*)(const BatchNorm&, const float*, const float*, float*);

template <Evaluation kernel>
Napi::Value evaluation(Args& args) {
  View<const float> x, gamma, beta;
  const BatchNorm p = layer(args, 1, x, gamma, beta);
  const auto mean = args.array<const float>("runningMean", p.features);
  const auto variance = args.array<const float>("runningVariance", p.features);
  const auto out = args.array<float>("out", product(p.rows, p.features));
  args.distinct(out, {x, gamma, beta, mean, variance});
  (current_table()->*kernel)(p, mean, variance, out);
  return args.env().Undefined();
}

using Gradient = void (*KernelTable::*)(const BatchNorm&, const float*, const float*, const float*, float*, float*,
                                        float*);

template <Gradient kernel>
Napi::Value gradient(Args& args) {
  View<const float> x, gamma, beta;
  const BatchNorm p = layer(args, 1, x, gamma, beta);
  const auto mean = args.array<const float>("mean", p.features);
  const auto spread = args.array<const float>("spread", p.features);
  const auto d_y = args.array<const float>("dY", product(p.rows, p.features));
  const auto d_x = args.array<float>("dX", product(p.rows, p.features));
  const auto d_gamma = args.array<float>("dGamma", p.features);
  const auto d_beta = args.array<float>("dBeta", p.features);
  args.distinct(d_x, {x, gamma, beta, mean, spread, d_y, d_gamma, d_beta});
  args.distinct(d_gamma, {x, gamma, beta, mean, spread, d_y, d_beta});
  args.distinct(d_beta, {x, gamma, beta, mean, spread, d_y});
  (current_table()->*kernel)(p, mean, spread, d_y, d_x, d_gamma, d_beta);
  return args.env().Undefined();
}

}  // namespace

void provide_normalization(Napi::Object& exports) {
  provide<training>(exports, "batchNormTraining");
  provide<evaluation<&KernelTable::batch_norm_evaluation>>(exports, "batchNormEvaluation");
  provide<evaluation<&KernelTable::batch_norm_normalize>>(exports, "batchNormNormalize");
  provide<gradient<&KernelTable::batch_norm_training_gradient>>(exports, "batchNormTrainingGradient");
  provide<gradient<&KernelTable::batch_norm_evaluation_gradient>>(exports, "batchNormEvaluationGradient");
}

}  // namespace palimpsest
