#include "../exports.h"

namespace palimpsest {
namespace {

struct Penalized {
  Quadratic quadratic;
  View<const float> precision, anchor;
};

Penalized penalty(Args& args, std::size_t length) {
  Penalized p{};
  p.quadratic.lambda = args.real("lambda");
  p.precision = args.optional<const float>("precision", length);
  p.anchor = args.optional<const float>("anchor", length);
  if ((p.precision.data == nullptr) != (p.anchor.data == nullptr))
    args.refuse("INVALID_ARGUMENT", "precision and anchor come together");
  p.quadratic.precision = p.precision;
  p.quadratic.anchor = p.anchor;
  return p;
}

// the same penalty on the elements from `begin` on
Quadratic from(Quadratic q, std::size_t begin) {
  if (q.precision == nullptr) return q;
  return {q.lambda, q.precision + begin, q.anchor + begin};
}

float within(Args& args, const char* name, float least, float below) {
  const float value = args.real(name);
  if (!(value >= least && value < below))
    args.refuse("INVALID_ARGUMENT", std::string(name) + " is " + std::to_string(value) + ", expected a number from " +
                                        std::to_string(least) + " to less than " + std::to_string(below));
  return value;
}

constexpr float unbounded = 3.4e38f;

Napi::Value sgd(Args& args) {
  const auto theta = args.array<float>("theta", 0);
  const auto d_theta = args.array<const float>("dTheta", theta.length);
  const auto velocity = args.optional<float>("velocity", theta.length);
  Sgd p{};
  p.learning_rate = within(args, "learningRate", 0, unbounded);
  p.momentum = within(args, "momentum", 0, 1);
  p.weight_decay = within(args, "weightDecay", 0, unbounded);
  const Penalized q = penalty(args, theta.length);
  if (p.momentum > 0 && !velocity.data) args.refuse("INVALID_ARGUMENT", "momentum needs a velocity");
  args.distinct(theta, {d_theta, velocity, q.precision, q.anchor});
  args.distinct(velocity, {d_theta, q.precision, q.anchor});
  const double pull = split_sum(theta.length, smallest_range, [&](std::size_t begin, std::size_t end) {
    return current_table()->sgd(p, from(q.quadratic, begin), theta + begin, d_theta + begin,
                                velocity.data ? velocity + begin : nullptr, end - begin);
  });
  return Napi::Number::New(args.env(), pull);
}

Napi::Value adam(Args& args) {
  const auto theta = args.array<float>("theta", 0);
  const auto d_theta = args.array<const float>("dTheta", theta.length);
  const auto first = args.array<float>("firstMoment", theta.length);
  const auto second = args.array<float>("secondMoment", theta.length);
  Adam p{};
  p.learning_rate = within(args, "learningRate", 0, unbounded);
  p.beta1 = within(args, "beta1", 0, 1);
  p.beta2 = within(args, "beta2", 0, 1);
  p.epsilon = within(args, "epsilon", 0, unbounded);
  p.correction1 = within(args, "correction1", 1e-30f, 1.0000001f);
  p.correction2 = within(args, "correction2", 1e-30f, 1.0000001f);
  const Penalized q = penalty(args, theta.length);
  args.distinct(theta, {d_theta, first, second, q.precision, q.anchor});
  args.distinct(first, {d_theta, second, q.precision, q.anchor});
  args.distinct(second, {d_theta, q.precision, q.anchor});
  const double pull = split_sum(theta.length, smallest_range, [&](std::size_t begin, std::size_t end) {
    return current_table()->adam(p, from(q.quadratic, begin), theta + begin, d_theta + begin, first + begin,
                                 second + begin, end - begin);
  });
  return Napi::Number::New(args.env(), pull);
}

}  // namespace

void provide_optimizer(Napi::Object& exports) {
  provide<sgd>(exports, "sgd");
  provide<adam>(exports, "adam");
}

}  // namespace palimpsest
