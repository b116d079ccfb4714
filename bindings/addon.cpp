#include "exports.h"

namespace palimpsest {
namespace {

Napi::Object initialize(Napi::Env, Napi::Object exports) {
  provide_tables(exports);
  provide_gemm(exports);
  provide_elementwise(exports);
  provide_reduce(exports);
  provide_softmax(exports);
  provide_normalization(exports);
  provide_optimizer(exports);
  provide_consolidation(exports);
  provide_cholesky(exports);
  provide_gather(exports);
  provide_predict(exports);
  provide_memory(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(palimpsest, initialize)

}  // namespace palimpsest
