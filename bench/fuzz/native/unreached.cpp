// Functions of Node-API that node-addon-api names and a call of the bindings must never reach. The header that declares
// them is not included, so that one line does for each.
#include <cstdio>
#include <cstdlib>

#define UNREACHED(name)                               \
  extern "C" int name() {                             \
    std::fputs("the bindings called " #name, stderr); \
    std::abort();                                     \
  }

UNREACHED(napi_async_destroy)
UNREACHED(napi_call_function)
UNREACHED(napi_close_callback_scope)
UNREACHED(napi_close_escapable_handle_scope)
UNREACHED(napi_close_handle_scope)
UNREACHED(napi_create_error)
UNREACHED(napi_create_object)
UNREACHED(napi_create_reference)
UNREACHED(napi_create_type_error)
UNREACHED(napi_define_properties)
UNREACHED(napi_delete_reference)
UNREACHED(napi_escape_handle)
UNREACHED(napi_fatal_error)
UNREACHED(napi_get_and_clear_last_exception)
UNREACHED(napi_get_last_error_info)
UNREACHED(napi_get_named_property)
UNREACHED(napi_get_property)
UNREACHED(napi_get_reference_value)
UNREACHED(napi_has_property)
UNREACHED(napi_open_escapable_handle_scope)
UNREACHED(napi_open_handle_scope)
UNREACHED(napi_throw)
