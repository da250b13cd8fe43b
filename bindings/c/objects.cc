// The functions of weld.h for objects: each unwraps its handles, calls weld/object.h and wraps the outcome.
#include <fmt/format.h>

#include <algorithm>

#include "bindings/c/handles.h"
#include "weld/explain.h"

namespace {

using namespace weld::capi;
using weld::Object;
using weld::ObjectPtr;
using weld::ObjectValue;
using weld::Result;
using weld::Type;

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

Type data_type(const char* text) {
  const Result<Type> type = weld::parse_data_type(text);
  if (!type.ok()) throw Failure{WELD_ERROR_COMPILE, weld::format_diagnostics("type", text, type.diagnostics())};
  return *type;
}

weld_object_t new_handle(ObjectPtr object) {
  std::string type = object->type().to_string();
  return new weld_object{std::move(object), std::move(type)};
}

// Calls the client's function when it is destroyed, once armed.
class Release {
 public:
  Release(void (*function)(void*), void* user) : function_(function), user_(user) {}
  Release(const Release&) = delete;
  Release& operator=(const Release&) = delete;
  ~Release() {
    if (armed_ && function_ != nullptr) function_(user_);
  }
  void arm() { armed_ = true; }

 private:
  void (*function_)(void*);
  void* user_;
  bool armed_ = false;
};

ObjectPtr new_fragment(const char* fragment, const weld_object_t* dependencies, const char* const* names, int64_t count,
                       const std::string& label) {
  Object::Dependencies objects;
  std::vector<std::string> known_as;
  for (int64_t i = 0; i < count; i++) {
    require(dependencies[i], fmt::format("dependencies[{}]", i).c_str());
    require(names[i], fmt::format("names[{}]", i).c_str());
    objects.push_back(dependencies[i]->object);
    known_as.emplace_back(names[i]);
  }
  Result<ObjectPtr> object = Object::from_fragment(fragment, std::move(objects), known_as, label);
  if (!object.ok()) {
    const std::string name = weld::label_of_fragment(label, fragment);
    throw Failure{WELD_ERROR_COMPILE, weld::format_diagnostics(name, fragment, object.diagnostics())};
  }
  return std::move(object).value();
}

// Writes the program that the objects stand for to files, where the context asks for it.
void dump(std::span<const ObjectPtr> objects, const ContextState& context) {
  const auto has_value = [](const ObjectPtr& object) { return object->value().data != nullptr; };
  if (!context.dump.enabled || std::all_of(objects.begin(), objects.end(), has_value)) return;
  const Result<std::string> program = weld::program_of(objects);
  if (!program.ok()) return;
  for (const std::string& fault : dump_program(*program, context.compile, context.dump)) write_log(WELD_LOG_WARN, fault);
}

weld_value_t new_handle(ObjectValue value) {
  auto handle = std::make_unique<weld_value>();
  handle->data = value.data;
  handle->run = value.run;
  handle->context = std::static_pointer_cast<const ContextState>(value.context);
  handle->owner = std::move(value.owner);
  return handle.release();
}

std::vector<ObjectValue> evaluate(std::span<const ObjectPtr> objects, const weld_context& context) {
  dump(objects, *context.state);
  const Stopwatch stopwatch;
  weld::Evaluation evaluation = weld::evaluate(objects, context.state, next_run());
  if (evaluation.error_code != 0) throw Failure{evaluation.error_code, evaluation.error_message};
  write_log(WELD_LOG_INFO, fmt::format("evaluated {} objects in {:.3f} ms", objects.size(), stopwatch.milliseconds()));
  for (const auto& [stage, milliseconds] : evaluation.compile_times) {
    write_log(WELD_LOG_DEBUG, fmt::format("{}: {:.3f} ms", stage, milliseconds));
  }
  return std::move(evaluation.values);
}

std::string explain(const ObjectPtr& object, const weld_context& context, std::string_view format, bool evaluates) {
  if (format != "text" && format != "json" && format != "html") {
    throw Failure{WELD_ERROR_UNKNOWN, fmt::format("format is '{}', and none of text, json and html", format)};
  }
  const std::string& label = object->label();
  const std::string name = label.empty() ? "object" : label;
  const weld::ExplainRequest request{context.state->compile, format != "text" || evaluates};
  Result<weld::Explanation> explanation = weld::explain_object(object, name, request);
  if (!explanation.ok()) {
    throw Failure{WELD_ERROR_COMPILE, weld::format_diagnostics(name, "", explanation.diagnostics())};
  }
  if (evaluates && object->value().data == nullptr) {
    weld::RunExplanation run;
    const weld::Evaluation evaluation = weld::evaluate({&object, 1}, context.state, next_run(), &run.profile);
    if (evaluation.error_code != 0) throw Failure{evaluation.error_code, evaluation.error_message};
    run.threads = context.state->engine->threads();
    weld::add_run(&*explanation, std::move(run));
  }
  if (format == "json") return weld::explanation_json(*explanation);
  return format == "html" ? weld::explanation_html(*explanation) : weld::explanation_text(*explanation);
}

}  // namespace

weld_object_t weld_object_new_data(const void* data, const char* type, void (*release)(void* user), void* user, const char* label,
                                   weld_error_t err) {
  return guarded(err, [&] {
    require(data, "data");
    require(type, "type");
    const auto owner = std::make_shared<Release>(release, user);
    const weld_object_t handle = new_handle(Object::from_data(data_type(type), data, owner, text_of(label)));
    owner->arm();
    return handle;
  });
}

weld_object_t weld_object_new_copy(const void* data, const char* type, const char* label, weld_error_t err) {
  return guarded(err, [&] {
    require(data, "data");
    require(type, "type");
    Result<ObjectPtr> object = Object::from_copy(data_type(type), data, text_of(label));
    if (!object.ok()) throw Failure{WELD_ERROR_COMPILE, object.diagnostics().front().message};
    return new_handle(std::move(object).value());
  });
}

weld_object_t weld_object_new(const char* fragment, const weld_object_t* dependencies, const char* const* names, int64_t count,
                              const char* label, weld_error_t err) {
  return guarded(err, [&] {
    require(fragment, "fragment");
    if (count < 0) throw Failure{WELD_ERROR_UNKNOWN, "count is negative"};
    if (count > 0) require(dependencies, "dependencies");
    if (count > 0) require(names, "names");
    return new_handle(new_fragment(fragment, dependencies, names, count, text_of(label)));
  });
}

weld_value_t weld_object_explain(weld_object_t object, weld_context_t context, const char* format, int64_t evaluate,
                                 weld_error_t err) {
  return guarded(err, [&] {
    require(object, "object");
    require_context(context);
    require(format, "format");
    auto text = std::make_shared<const std::string>(explain(object->object, *context, format, evaluate != 0));
    auto handle = std::make_unique<weld_value>();
    handle->data = text->c_str();
    handle->owner = std::move(text);
    return handle.release();
  });
}

const char* weld_object_type(weld_object_t object) { return object == nullptr ? nullptr : object->type.c_str(); }

weld_value_t weld_object_evaluate(weld_object_t object, weld_context_t context, weld_error_t err) {
  return guarded(err, [&] {
    require(object, "object");
    require_context(context);
    return new_handle(std::move(evaluate({&object->object, 1}, *context).front()));
  });
}

int64_t weld_objects_evaluate(const weld_object_t* objects, int64_t count, weld_context_t context, weld_value_t* values,
                              weld_error_t err) {
  for (int64_t i = 0; values != nullptr && i < count; i++) values[i] = nullptr;
  const bool done = guarded(err, [&] {
    if (count < 0) throw Failure{WELD_ERROR_UNKNOWN, "count is negative"};
    if (count > 0) require(objects, "objects");
    if (count > 0) require(values, "values");
    require_context(context);
    std::vector<ObjectPtr> wanted;
    for (int64_t i = 0; i < count; i++) {
      require(objects[i], fmt::format("objects[{}]", i).c_str());
      wanted.push_back(objects[i]->object);
    }
    std::vector<std::unique_ptr<weld_value>> handles;
    for (ObjectValue& value : evaluate(wanted, *context)) handles.emplace_back(new_handle(std::move(value)));
    for (size_t i = 0; i < handles.size(); i++) values[i] = handles[i].release();
    return true;
  });
  return done ? count : -1;
}

void weld_object_free(weld_object_t object) { delete object; }
