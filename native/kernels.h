// The whole contract between the kernels and everything above them.
//
// Letters: B batch (rows of a matrix), I inputs, O outputs, C classes; M, N, K of a product.
// Matrices are row-major; all but those of a product are dense. A gradient is `d` + the name of what it belongs to.
// Every kernel is a pure function of its arguments, allocates nothing, throws nothing, and yields the same bits in
// every table: see ARCHITECTURE.md, "The numerical contract". Arguments are trusted here; bindings/ checks them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace palimpsest {

// which operand of a product is stored transposed, in the order A, B
enum class Form : std::int32_t { nt = 0, nn = 1, tn = 2 };

// Whether the elements of a product add up along k in 16 lanes, in place, instead of in one chain, packed. Measured:
// long rows are faster so as long as B stays in the second cache, and so are few columns, which waste a tile's lanes.
// It depends on the form, N and K of the whole product alone, never on M, the table or the threads, for it changes
// bits.
constexpr bool adds_in_lanes(Form form, std::size_t n, std::size_t k) {
  const bool narrow = n <= 16 && k >= 64, deep = k >= 512 && n * k <= 512 * 1024;
  return form == Form::nt && (narrow || deep);
}

// C[M, N] = A B + bias, then ReLU if asked. C overlaps neither A nor B nor the bias.
// nt: A[M, K], B[N, K]   nn: A[M, K], B[K, N]   tn: A[K, M], B[K, N]
// A stride is the distance between the starts of two rows as stored, at least the length of a row.
struct Matmul {
  Form form;
  std::size_t m, n, k;
  const float* a;
  std::size_t a_stride;
  const float* b;
  std::size_t b_stride;
  const float* bias;  // [N], or null
  float* c;
  std::size_t c_stride;
  bool dot;         // what adds_in_lanes says of the whole product that this is, or is a part of
  bool accumulate;  // to the old C instead of the bias: there a chain starts, or the lanes' sum is added
  bool relu;
};

// columns of a Cholesky factor that are eliminated at once; of a product that is what adds up in one chain
constexpr std::size_t cholesky_columns = 64;
constexpr std::size_t most_unknowns = 16 * 1024;

// a quadratic penalty (lambda / 2) sum precision (theta - anchor)^2 on one parameter; lambda 0: none
struct Quadratic {
  float lambda;
  const float* precision;  // null when there is none
  const float* anchor;
};

struct Sgd {
  float learning_rate, momentum, weight_decay;
};

// correction1 and correction2 are 1 - beta1^t and 1 - beta2^t
struct Adam {
  float learning_rate, beta1, beta2, epsilon, correction1, correction2;
};

struct BatchNorm {
  std::size_t rows, features;
  const float* x;      // [B, I]
  const float* gamma;  // [I]
  const float* beta;   // [I]
  float epsilon;
};

struct KernelTable {
  const char* name;

  // gemm.inc
  void (*matmul)(const Matmul&);

  // elementwise.inc: n numbers each; out may be an input
  void (*add)(const float* a, const float* b, float* out, std::size_t n);
  void (*subtract)(const float* a, const float* b, float* out, std::size_t n);
  void (*multiply)(const float* a, const float* b, float* out, std::size_t n);
  void (*scale)(const float* x, float factor, float* out, std::size_t n);
  void (*add_bias)(const float* x, const float* bias, float* out, std::size_t rows, std::size_t columns);
  void (*relu)(const float* x, float* out, std::size_t n);
  // d_x = y <= 0 ? 0 : d_y; the output y serves as well as the input
  void (*relu_gradient)(const float* y, const float* d_y, float* d_x, std::size_t n);

  // reduce.inc
  double (*sum)(const float* x, std::size_t n);
  bool (*all_finite)(const float* x, std::size_t n);
  void (*row_sums)(const float* x, std::size_t rows, std::size_t columns, float* out);
  void (*column_sums)(const float* x, std::size_t rows, std::size_t columns, float* out);
  // lowest index of the largest element a row; returns the first row that holds a NaN, or -1
  std::int64_t (*argmax)(const float* x, std::size_t rows, std::size_t columns, std::uint32_t* out);
  std::size_t (*count_equal)(const std::uint32_t* predicted, const std::uint8_t* labels, std::size_t n);

  // softmax.inc: logits[B, C]
  void (*softmax)(const float* logits, std::size_t rows, std::size_t classes, float* probabilities);
  void (*log_softmax)(const float* logits, std::size_t rows, std::size_t classes, float* log_p);
  // d_logits = d_log_p - exp(log_p) * sum of d_log_p over the row
  void (*log_softmax_gradient)(const float* log_p, const float* d_log_p, std::size_t rows, std::size_t classes,
                               float* d_logits);
  // row_loss[b] = log-sum-exp - logit of the label; d_logits = (p - onehot) / B; returns the mean loss.
  // labels must lie in [0, C)
  double (*softmax_cross_entropy)(const float* logits, const std::uint8_t* labels, std::size_t rows,
                                  std::size_t classes, float* row_loss, float* d_logits);

  // normalization.inc (Ioffe & Szegedy 2015). training: saves the mean and 1 / sqrt(biased variance + epsilon)
  // of the batch; running = (1 - momentum) running + momentum * (mean, unbiased variance); rows >= 2
  void (*batch_norm_training)(const BatchNorm&, float momentum, float* running_mean, float* running_variance,
                              float* mean, float* inverse_deviation, float* y);
  void (*batch_norm_evaluation)(const BatchNorm&, const float* running_mean, const float* running_variance, float* y);
  // gradient through the statistics of the batch
  void (*batch_norm_training_gradient)(const BatchNorm&, const float* mean, const float* inverse_deviation,
                                       const float* d_y, float* d_x, float* d_gamma, float* d_beta);
  // statistics are constants: d_x = d_y gamma / sqrt(variance + epsilon)
  void (*batch_norm_evaluation_gradient)(const BatchNorm&, const float* running_mean, const float* running_variance,
                                         const float* d_y, float* d_x, float* d_gamma, float* d_beta);
  // x_hat = (x - running_mean) / sqrt(running_variance + epsilon)
  void (*batch_norm_normalize)(const BatchNorm&, const float* running_mean, const float* running_variance,
                               float* x_hat);

  // optimizer.inc: one pass over memory, the penalty's gradient lambda precision (theta - anchor) included;
  // returns sum precision (theta - anchor)^2 before the update, 0 without a penalty
  double (*sgd)(const Sgd&, const Quadratic&, float* theta, const float* d_theta, float* velocity, std::size_t n);
  double (*adam)(const Adam&, const Quadratic&, float* theta, const float* d_theta, float* first_moment,
                 float* second_moment, std::size_t n);

  // consolidation.inc
  void (*accumulate_square)(const float* x, float* out, std::size_t n);  // out = fma(x, x, out)
  void (*accumulate)(const float* x, double* total, std::size_t n);      // total += x
  // seed of one class for the exact Fisher: out[b, j] = sqrt(p[b, c]) (onehot(c)[j] - p[b, j])
  void (*class_seed)(const float* probabilities, std::size_t rows, std::size_t classes, std::size_t chosen, float* out);
  double (*quadratic_sum)(const float* theta, const float* anchor, const float* precision, std::size_t n);
  // collapse of several penalties into one: anchor += f / (precision + f) (theta - anchor); precision += f;
  // where precision + f is 0 the anchor stays. returns the constant left over,
  // sum precision f / (precision + f) (theta - anchor)^2 with the old precision and anchor
  double (*merge_quadratic)(const float* theta, const float* f, float* anchor, float* precision, std::size_t n);

  // cholesky.inc: of a symmetric A[n, n], whose lower triangle alone is read, columns [from, to) of its factor, at most
  // cholesky_columns, once what those before them come to was subtracted.
  // its block on the diagonal: the first row whose pivot is not above least[row] and finite, which then stands there;
  // or -1
  std::int64_t (*cholesky_diagonal)(double* a, std::size_t n, const double* least, std::size_t from, std::size_t to);
  // the same columns of rows [begin, end) below that block
  void (*cholesky_panel)(double* a, std::size_t n, std::size_t from, std::size_t to, std::size_t begin,
                         std::size_t end);
  // subtracts what they come to from the columns behind them, of rows [begin, end)
  void (*cholesky_update)(double* a, std::size_t n, std::size_t from, std::size_t to, std::size_t begin,
                          std::size_t end);
  // L L^T x = b for each row of B[rows, n], in place; n at most most_unknowns
  void (*cholesky_solve)(const double* l, std::size_t n, double* b, std::size_t rows);

  // gather.inc: out[b, i] = pixels[indices[b], i] * float(1 / 255)
  void (*gather)(const std::uint8_t* pixels, const std::uint32_t* indices, std::size_t rows, std::size_t features,
                 float* out);

  // peak.inc: independent chains of vector fma, for the hardware's limit; returns flops done, writes their sum,
  // which alone differs between tables
  double (*fma_peak)(std::size_t iterations, float* sink);
};

}  // namespace palimpsest
