// The handles of weld.h, freed by themselves, and arguments.
#pragma once

#include <memory>

#include "bindings/c/weld.h"

namespace weld::test {

template <class Handle, void (*free)(Handle*)>
struct Freer {
  void operator()(Handle* handle) const { free(handle); }
};
template <class Handle, void (*free)(Handle*)>
using Owned = std::unique_ptr<Handle, Freer<Handle, free>>;

using Conf = Owned<weld_conf, weld_conf_free>;
using Context = Owned<weld_context, weld_context_free>;
using Error = Owned<weld_error, weld_error_free>;
using Module = Owned<weld_module, weld_module_free>;
using Value = Owned<weld_value, weld_value_free>;

struct Vec {
  const void* data;
  int64_t length;
};

// The arguments of `|v: vec[...], n: i64|`.
struct VecAndNumber {
  Vec v;
  int64_t n;
};

}  // namespace weld::test
