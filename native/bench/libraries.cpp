#include "libraries.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

namespace palimpsest::bench {

namespace {

// cblas.h: row-major is 101, a matrix as it lies 111, transposed 112
using CblasSgemm = void(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float* a,
                        int lda, const float* b, int ldb, float beta, float* c, int ldc);
// oneapi/dnnl/dnnl.h: row-major, dnnl_dim_t is 64 bits; 0 is success
using DnnlSgemm = int(char transpose_a, char transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha,
                      const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c,
                      std::int64_t ldc);
struct DnnlVersion {
  int major, minor, patch;
};

// two libraries export cblas_sgemm; each keeps its own
CblasSgemm* openblas_sgemm = nullptr;
CblasSgemm* blis_sgemm = nullptr;
DnnlSgemm* onednn_sgemm = nullptr;

void call_cblas(CblasSgemm* sgemm, const Matmul& p) {
  sgemm(101, p.form == Form::tn ? 112 : 111, p.form == Form::nt ? 112 : 111, static_cast<int>(p.m),
        static_cast<int>(p.n), static_cast<int>(p.k), 1, p.a, static_cast<int>(p.a_stride), p.b,
        static_cast<int>(p.b_stride), 0, p.c, static_cast<int>(p.c_stride));
}

void multiply_openblas(const Matmul& p) { call_cblas(openblas_sgemm, p); }

void multiply_blis(const Matmul& p) { call_cblas(blis_sgemm, p); }

void multiply_onednn(const Matmul& p) {
  const auto wide = [](std::size_t size) { return static_cast<std::int64_t>(size); };
  onednn_sgemm(p.form == Form::tn ? 'T' : 'N', p.form == Form::nt ? 'T' : 'N', wide(p.m), wide(p.n), wide(p.k), 1, p.a,
               wide(p.a_stride), p.b, wide(p.b_stride), 0, p.c, wide(p.c_stride));
}

template <class F>
F* function(void* library, const char* name) {
  return reinterpret_cast<F*>(dlsym(library, name));
}

Library absent(const char* name, std::string why) { return {name, "", std::move(why), nullptr}; }

void* open(std::initializer_list<const char*> files) {
  for (const char* file : files) {
    if (void* library = dlopen(file, RTLD_NOW | RTLD_LOCAL)) return library;
  }
  return nullptr;
}

Library find_openblas() {
  void* library = open({"libopenblas.so.0", "libopenblas.so", "libopenblas.dylib"});
  if (library == nullptr)
    return absent("openblas", "no libopenblas.so.0; Debian: apt-get install libopenblas0-pthread");
  openblas_sgemm = function<CblasSgemm>(library, "cblas_sgemm");
  if (openblas_sgemm == nullptr) return absent("openblas", "it has no cblas_sgemm");
  if (auto* set_threads = function<void(int)>(library, "openblas_set_num_threads")) set_threads(1);
  auto* config = function<const char*()>(library, "openblas_get_config");
  return {"openblas", config == nullptr ? "OpenBLAS" : config(), "", multiply_openblas};
}

Library find_blis() {
  void* library = open({"libblis.so.4", "libblis.so", "libblis.dylib"});
  if (library == nullptr) return absent("blis", "no libblis.so.4; Debian: apt-get install libblis4-pthread");
  blis_sgemm = function<CblasSgemm>(library, "cblas_sgemm");
  if (blis_sgemm == nullptr) return absent("blis", "it has no cblas_sgemm");
  auto* version = function<const char*()>(library, "bli_info_get_version_str");
  return {"blis", std::string("BLIS ") + (version == nullptr ? "" : version()), "", multiply_blis};
}

Library find_onednn() {
  void* library = open({"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so", "libdnnl.dylib"});
  if (library == nullptr) return absent("onednn", "no libdnnl.so.2 or .3; Debian: apt-get install libdnnl2");
  onednn_sgemm = function<DnnlSgemm>(library, "dnnl_sgemm");
  if (onednn_sgemm == nullptr) return absent("onednn", "it has no dnnl_sgemm");
  std::string name = "oneDNN";
  if (auto* version = function<const DnnlVersion*()>(library, "dnnl_version")) {
    const DnnlVersion& v = *version();
    char text[64];
    std::snprintf(text, sizeof text, "oneDNN %d.%d.%d", v.major, v.minor, v.patch);
    name = text;
  }
  return {"onednn", name, "", multiply_onednn};
}

}  // namespace

std::vector<Library> find_libraries() {
  for (const char* name : {"OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS"}) setenv(name, "1", 1);
  return {find_openblas(), find_blis(), find_onednn()};
}

}  // namespace palimpsest::bench
