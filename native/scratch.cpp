#include "scratch.h"

namespace palimpsest {

namespace {
alignas(64) thread_local float arena[scratch_floats];
}

float* scratch() { return arena; }

}  // namespace palimpsest
