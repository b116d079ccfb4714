#include "scratch.h"

namespace palimpsest {

namespace {
// of no type: kernels keep float or double there
alignas(64) thread_local std::byte arena[scratch_floats * sizeof(float)];
}  // namespace

float* scratch() { return reinterpret_cast<float*>(arena); }

}  // namespace palimpsest
