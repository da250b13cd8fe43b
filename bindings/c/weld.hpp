// The C interface (weld.h) for C++17: the same handles as values that free themselves, errors as exceptions, C++ types as Weld
// types. Header only.
//
// Handles are small and shared: a copy is another reference to the same thing, which is freed with the last one. They may be used
// from several threads as weld.h says; a Configuration belongs to one thread at a time. A default-constructed or moved-from
// handle may only be assigned to. Every function that can fail throws weld::Error; destructors and release callbacks never do.
//
//   std::vector<double> prices = …;
//   weld::Context context;
//   weld::Object v = weld::Object::borrow(prices.data(), prices.size());
//   weld::Object factor = weld::Object::scalar(1.19);
//   weld::Object gross("map(v, |x| x * factor)", {{"v", v}, {"factor", factor}}, "shop: gross");
//   weld::Value value = gross.evaluate(context);
//   for (double price : value.as<weld::Vec<double>>()) …
#ifndef WELD_HPP_
#define WELD_HPP_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weld.h"

namespace weld {

// What went wrong: a number of enum weld_error_number, and its message.
class Error : public std::runtime_error {
 public:
  Error(std::uint64_t code, const std::string& message) : std::runtime_error(message), code_(code) {}
  std::uint64_t code() const { return code_; }

 private:
  std::uint64_t code_;
};

// A vec[T] in memory: as it lies in arguments and results.
template <class T>
struct Vec {
  const T* elements;
  std::int64_t length;

  const T* data() const { return elements; }
  std::size_t size() const { return static_cast<std::size_t>(length); }
  bool empty() const { return length == 0; }
  const T* begin() const { return elements; }
  const T* end() const { return elements + length; }
  const T& operator[](std::size_t index) const { return elements[index]; }
};

// The Weld type of a C++ type, as text. Specialize it for structs of your own:
//   template <> struct weld::TypeOf<Point> { static std::string text() { return "{f64,f64}"; } };
template <class T>
struct TypeOf {
  static std::string text() {
    static_assert(std::is_arithmetic_v<T>, "specialize weld::TypeOf for this type");
    if constexpr (std::is_same_v<T, bool>) return "bool";
    const std::string bits = std::to_string(sizeof(T) * 8);
    if constexpr (std::is_floating_point_v<T>) return "f" + bits;
    return (std::is_signed_v<T> ? "i" : "u") + bits;
  }
};
template <class T>
struct TypeOf<Vec<T>> {
  static std::string text() { return "vec[" + TypeOf<T>::text() + "]"; }
};

namespace detail {

template <class Handle>
std::shared_ptr<Handle> shared(Handle* handle, void (*free)(Handle*)) {
  if (handle == nullptr) throw std::bad_alloc();
  return std::shared_ptr<Handle>(handle, free);
}

// Calls work(err), which must not throw, and throws what it reports.
template <class Work>
auto checked(const Work& work) {
  const auto err = shared(weld_error_new(), weld_error_free);
  auto outcome = work(err.get());
  if (weld_error_code(err.get()) != WELD_ERROR_NONE) throw Error(weld_error_code(err.get()), weld_error_message(err.get()));
  return outcome;
}

inline const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace detail

class Configuration {
 public:
  Configuration() : handle_(detail::shared(weld_conf_new(), weld_conf_free)) {}
  Configuration& set(const std::string& key, const std::string& value) {
    weld_conf_set(handle_.get(), key.c_str(), value.c_str());
    return *this;
  }
  std::optional<std::string> get(const std::string& key) const {
    const char* value = weld_conf_get(handle_.get(), key.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  }
  weld_conf_t handle() const { return handle_.get(); }

 private:
  std::shared_ptr<weld_conf> handle_;
};

class Context {
 public:
  // Throws Error 1 (ConfigurationError) when the configuration cannot be used.
  Context() : Context(static_cast<weld_conf_t>(nullptr)) {}
  explicit Context(const Configuration& configuration) : Context(configuration.handle()) {}

  std::int64_t memory_usage() const { return weld_context_memory_usage(handle_.get()); }
  void cancel() const { weld_context_cancel(handle_.get()); }
  weld_context_t handle() const { return handle_.get(); }

 private:
  friend class Value;
  explicit Context(weld_conf_t configuration) : handle_(weld_context_new(configuration), weld_context_free) {
    if (handle_ == nullptr) throw Error(WELD_ERROR_CONFIGURATION, "ConfigurationError: the configuration cannot be used");
  }
  explicit Context(std::shared_ptr<weld_context> handle) : handle_(std::move(handle)) {}

  std::shared_ptr<weld_context> handle_;
};

// What a module or an object gave.
class Value {
 public:
  Value() = default;
  // Takes over a handle.
  explicit Value(weld_value_t handle) : handle_(detail::shared(handle, weld_value_free)) {}

  const void* data() const { return weld_value_data(handle_.get()); }
  // The value as a C++ type that is laid out as its Weld type; lives as long as a copy of this handle.
  template <class T>
  const T& as() const& {
    return *static_cast<const T*>(data());
  }
  // Of a handle that is about to go: a copy, and nothing that refers to its memory.
  template <class T>
  T as() && {
    static_assert(std::is_arithmetic_v<T>, "keep the Value, whose memory this refers to, in a variable");
    return *static_cast<const T*>(data());
  }
  std::int64_t run() const { return weld_value_run(handle_.get()); }
  // The context of the run that returned it; none for data.
  std::optional<Context> context() const {
    const std::shared_ptr<weld_context> context(weld_value_context(handle_.get()), weld_context_free);
    return context == nullptr ? std::nullopt : std::optional<Context>(Context(context));
  }
  weld_value_t handle() const { return handle_.get(); }

 private:
  std::shared_ptr<weld_value> handle_;
};

// A compiled program.
class Module {
 public:
  Module() = default;
  explicit Module(const std::string& code) : Module(code, static_cast<weld_conf_t>(nullptr)) {}
  Module(const std::string& code, const Configuration& configuration) : Module(code, configuration.handle()) {}

  // Of a program without parameters.
  Value run(const Context& context) const { return run_on(context, nullptr); }
  // arguments: a struct with a field for each parameter.
  template <class Arguments>
  Value run(const Context& context, const Arguments& arguments) const {
    return run_on(context, &arguments);
  }
  std::string return_type() const { return weld_module_return_type(handle_.get()); }
  std::vector<std::string> parameter_types() const {
    std::vector<std::string> types;
    for (std::int64_t i = 0; i < weld_module_param_count(handle_.get()); i++) {
      types.emplace_back(weld_module_param_type(handle_.get(), i));
    }
    return types;
  }
  weld_module_t handle() const { return handle_.get(); }

 private:
  Module(const std::string& code, weld_conf_t configuration)
      : handle_(detail::checked([&](weld_error_t err) { return weld_module_compile(code.c_str(), configuration, err); }),
                weld_module_free) {}

  Value run_on(const Context& context, const void* arguments) const {
    const auto argument = detail::shared(weld_value_new(arguments), weld_value_free);
    return Value(
        detail::checked([&](weld_error_t err) { return weld_module_run(handle_.get(), context.handle(), argument.get(), err); }));
  }

  std::shared_ptr<weld_module> handle_;
};

// A lazy value (convention 10 of weld.h).
class Object {
 public:
  // A dependency under the name that the fragment gives it.
  using Named = std::pair<const char*, Object>;

  Object() = default;
  // A fragment over other objects.
  Object(const std::string& fragment, const std::vector<Named>& dependencies, const std::string& label = {}) {
    std::vector<weld_object_t> handles;
    std::vector<const char*> names;
    for (const Named& named : dependencies) {
      names.push_back(named.first);
      handles.push_back(named.second.handle());
    }
    take(detail::checked([&](weld_error_t err) {
      return weld_object_new(fragment.c_str(), handles.data(), names.data(), static_cast<std::int64_t>(names.size()),
                             detail::text_or_null(label), err);
    }));
  }

  // A value of the type at an address, with all that it refers to. owner keeps it valid and unchanged, and is let go of when
  // nothing needs the value any more, on whichever thread that happens; without one the caller sees to that.
  static Object data(const void* value, const std::string& type, std::shared_ptr<const void> owner = nullptr,
                     const std::string& label = {}) {
    auto kept = std::make_unique<std::shared_ptr<const void>>(std::move(owner));
    Object object;
    object.take(detail::checked([&](weld_error_t err) {
      return weld_object_new_data(value, type.c_str(), release, kept.get(), detail::text_or_null(label), err);
    }));
    kept.release();  // release() deletes it
    return object;
  }
  // A vec of elements in memory.
  template <class T>
  static Object borrow(const T* elements, std::size_t size, std::shared_ptr<const void> owner = nullptr,
                       const std::string& label = {}) {
    struct Borrowed {
      Vec<T> vec;
      std::shared_ptr<const void> owner;
    };
    auto borrowed = std::make_shared<const Borrowed>(Borrowed{{elements, static_cast<std::int64_t>(size)}, std::move(owner)});
    const void* vec = &borrowed->vec;
    return data(vec, TypeOf<Vec<T>>::text(), std::move(borrowed), label);
  }
  // A vec that takes the elements over.
  template <class T>
  static Object vec(std::vector<T> elements, const std::string& label = {}) {
    static_assert(!std::is_same_v<T, bool>, "std::vector<bool> is not an array");
    auto owner = std::make_shared<const std::vector<T>>(std::move(elements));
    const T* data = owner->data();
    const std::size_t size = owner->size();
    return borrow(data, size, std::move(owner), label);
  }
  // A number, or a struct with a TypeOf: an argument of what is compiled, so that another number needs no other code.
  template <class T>
  static Object scalar(const T& value, const std::string& label = {}) {
    return copy(&value, TypeOf<T>::text(), label);
  }
  // A copy of a value of the type and of all that it refers to.
  static Object copy(const void* value, const std::string& type, const std::string& label = {}) {
    Object object;
    object.take(detail::checked(
        [&](weld_error_t err) { return weld_object_new_copy(value, type.c_str(), detail::text_or_null(label), err); }));
    return object;
  }

  std::string type() const { return weld_object_type(handle_.get()); }
  Value evaluate(const Context& context) const {
    return Value(detail::checked([&](weld_error_t err) { return weld_object_evaluate(handle_.get(), context.handle(), err); }));
  }
  // As weld_object_explain does; format: "text", "json" or "html".
  std::string explain(const Context& context, const std::string& format = "text", bool evaluate = false) const {
    const Value text(detail::checked([&](weld_error_t err) {
      return weld_object_explain(handle_.get(), context.handle(), format.c_str(), evaluate ? 1 : 0, err);
    }));
    return static_cast<const char*>(text.data());
  }
  weld_object_t handle() const { return handle_.get(); }

 private:
  void take(weld_object_t handle) { handle_ = std::shared_ptr<weld_object>(handle, weld_object_free); }
  static void release(void* owner) { delete static_cast<std::shared_ptr<const void>*>(owner); }

  std::shared_ptr<weld_object> handle_;
};

// Evaluates several objects in one program.
inline std::vector<Value> evaluate(const std::vector<Object>& objects, const Context& context) {
  std::vector<weld_object_t> handles;
  for (const Object& object : objects) handles.push_back(object.handle());
  std::vector<weld_value_t> found(objects.size());
  std::vector<Value> values;
  values.reserve(objects.size());
  detail::checked([&](weld_error_t err) {
    return weld_objects_evaluate(handles.data(), static_cast<std::int64_t>(handles.size()), context.handle(), found.data(), err);
  });
  for (weld_value_t value : found) values.emplace_back(value);
  return values;
}

// Loads a shared library for cudf.
inline void load_library(const std::string& path) {
  detail::checked([&](weld_error_t err) {
    weld_load_library(path.c_str(), err);
    return true;
  });
}

}  // namespace weld

#endif  // WELD_HPP_
