// How a family of calls hands its functions to the addon.
#pragma once

#include <new>

#include "../native/dispatch.h"
#include "../native/parallel.h"
#include "args.h"

namespace palimpsest {

// a failure becomes the string "CODE\nmessage"; native.ts makes the error from it
template <Napi::Value (*F)(Args&)>
napi_value guarded(napi_env env, napi_callback_info info) {
#ifdef __wasm__
  Args args(env, info);
  return F(args);
#else
  try {
    Args args(env, info);
    return F(args);
  } catch (const Failure& failure) {
    return Napi::String::New(env, std::string(failure.code) + "\n" + failure.message);
  } catch (const std::bad_alloc&) {
    return Napi::String::New(env, "OUT_OF_MEMORY\nthe addon had no memory for the list of its arguments");
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
    return nullptr;
  }
#endif
}

template <Napi::Value (*F)(Args&)>
void provide(Napi::Object& exports, const char* name) {
  napi_value function = nullptr;
  napi_create_function(exports.Env(), name, NAPI_AUTO_LENGTH, guarded<F>, const_cast<char*>(name), &function);
  exports.Set(name, Napi::Value(exports.Env(), function));
}

void provide_tables(Napi::Object& exports);
void provide_gemm(Napi::Object& exports);
void provide_elementwise(Napi::Object& exports);
void provide_reduce(Napi::Object& exports);
void provide_softmax(Napi::Object& exports);
void provide_normalization(Napi::Object& exports);
void provide_optimizer(Napi::Object& exports);
void provide_consolidation(Napi::Object& exports);
void provide_cholesky(Napi::Object& exports);
void provide_gather(Napi::Object& exports);
void provide_predict(Napi::Object& exports);
void provide_memory(Napi::Object& exports);

}  // namespace palimpsest
