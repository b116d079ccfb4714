// How a family of calls hands its functions to the addon.
#pragma once

#include "../native/dispatch.h"
#include "../native/parallel.h"
#include "args.h"

namespace palimpsest {

// a failure becomes the string "CODE\nmessage"; native.ts makes the error from it
template <Napi::Value (*F)(Args&)>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  try {
    Args args(info, static_cast<const char*>(info.Data()));
    return F(args);
  } catch (const Failure& failure) {
    return Napi::String::New(info.Env(), std::string(failure.code) + "\n" + failure.message);
  }
}

template <Napi::Value (*F)(Args&)>
void provide(Napi::Object& exports, const char* name) {
  exports.Set(name, Napi::Function::New<guarded<F>>(exports.Env(), name, const_cast<char*>(name)));
}

void provide_tables(Napi::Object& exports);
void provide_gemm(Napi::Object& exports);
void provide_elementwise(Napi::Object& exports);
void provide_reduce(Napi::Object& exports);
void provide_softmax(Napi::Object& exports);
void provide_normalization(Napi::Object& exports);
void provide_optimizer(Napi::Object& exports);
void provide_consolidation(Napi::Object& exports);
void provide_gather(Napi::Object& exports);
void provide_predict(Napi::Object& exports);
void provide_memory(Napi::Object& exports);

}  // namespace palimpsest
