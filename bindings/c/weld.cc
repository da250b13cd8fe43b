// The functions of weld.h but for those of objects: each unwraps its handles, calls the C++ face and wraps the outcome.
#include "bindings/c/weld.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "bindings/c/configuration.h"
#include "bindings/c/handles.h"
#include "weld/module.h"

static_assert(WELD_ERROR_CONFIGURATION == int{WELD_CONFIGURATION_ERROR} && WELD_ERROR_UNKNOWN == int{WELD_UNKNOWN} &&
              WELD_ERROR_ASSERTION == int{WELD_ASSERTION_ERROR} && WELD_ERROR_TIMEOUT == int{WELD_TIMEOUT});

namespace weld::capi {

namespace {

std::atomic<uint64_t> log_level = WELD_LOG_OFF;

}  // namespace

void write_log(uint64_t level, std::string_view text) {
  static constexpr const char* kNames[] = {"off", "error", "warning", "info", "debug", "trace"};
  if (level > log_level.load(std::memory_order_relaxed)) return;
  std::fprintf(stderr, "weld: %s: %.*s\n", kNames[level], static_cast<int>(text.size()), text.data());
}

void report(weld_error_t err, uint64_t code, std::string message) {
  if (code != WELD_ERROR_NONE) write_log(WELD_LOG_ERROR, message);
  if (err == nullptr) return;
  err->code = code;
  err->message = std::move(message);
}

void require(const void* argument, const char* name) {
  if (argument == nullptr) throw Failure{WELD_ERROR_UNKNOWN, fmt::format("{} is NULL", name)};
}

void require_context(weld_context_t context) {
  if (context == nullptr) throw Failure{WELD_ERROR_CONFIGURATION, "ConfigurationError: context is NULL"};
}

int64_t next_run() {
  static std::atomic<int64_t> next = 1;
  return next++;
}

}  // namespace weld::capi

namespace {

using namespace weld::capi;
using weld::Diagnostics;
using weld::Result;

Configuration configuration_of(weld_conf_t conf) {
  if (conf == nullptr) return {};
  Result<Configuration> configuration = weld::capi::read_configuration(conf->settings);
  if (!configuration.ok()) {
    std::string message = "ConfigurationError";
    for (const weld::Diagnostic& diagnostic : configuration.diagnostics()) message += ": " + diagnostic.message;
    throw Failure{WELD_ERROR_CONFIGURATION, message};
  }
  for (const std::string& key : configuration->unknown_keys) {
    write_log(WELD_LOG_WARN, fmt::format("the configuration key {} has no effect", key));
  }
  return std::move(*configuration);
}

weld_module_t compile(std::string_view code, const Configuration& configuration) {
  write_log(WELD_LOG_TRACE, code);
  const Stopwatch stopwatch;
  auto module = weld::Module::compile(code, configuration.compile);
  if (!module.ok()) {
    throw Failure{WELD_ERROR_COMPILE, weld::format_diagnostics("program", code, module.diagnostics())};
  }
  write_log(WELD_LOG_INFO, fmt::format("compiled in {:.3f} ms", stopwatch.milliseconds()));
  for (const auto& [stage, milliseconds] : (*module)->compile_times()) {
    write_log(WELD_LOG_DEBUG, fmt::format("{}: {:.3f} ms", stage, milliseconds));
  }
  if (configuration.dump.enabled) {
    for (const std::string& fault : dump_program(code, configuration.compile, configuration.dump))
      write_log(WELD_LOG_WARN, fault);
  }
  auto handle = std::make_unique<weld_module>();
  handle->return_type = (*module)->return_type().to_string();
  for (const weld::Parameter& parameter : (*module)->parameters()) handle->parameter_types.push_back(parameter.type.to_string());
  handle->module = std::move(*module);
  return handle.release();
}

weld_value_t run(const weld_module& module, const weld_context& context, const void* arguments) {
  auto value = std::make_unique<weld_value>();
  value->run = next_run();
  value->context = context.state;
  const Stopwatch stopwatch;
  auto owned = std::make_shared<const weld::Value>(module.module->run(context.state->engine, arguments));
  if (!owned->ok()) throw Failure{owned->error_code(), owned->error_message()};
  value->data = owned->data();
  value->owner = std::move(owned);
  write_log(WELD_LOG_INFO, fmt::format("run {} took {:.3f} ms", value->run, stopwatch.milliseconds()));
  return value.release();
}

}  // namespace

weld_context_t weld_context_new(weld_conf_t conf) {
  return guarded([&] {
    const Configuration configuration = configuration_of(conf);
    auto state = std::make_shared<ContextState>();
    state->engine = weld::runtime::Engine::create(configuration.engine);
    state->compile = configuration.compile;
    state->dump = configuration.dump;
    return new weld_context{std::move(state)};
  });
}

int64_t weld_context_memory_usage(weld_context_t context) {
  return context == nullptr ? 0 : static_cast<int64_t>(context->state->engine->memory_usage());
}

void weld_context_cancel(weld_context_t context) {
  if (context == nullptr) return;
  guarded([&] { context->state->engine->cancel(); });
}

void weld_context_free(weld_context_t context) { delete context; }

weld_conf_t weld_conf_new(void) {
  return guarded([] { return new weld_conf; });
}

const char* weld_conf_get(weld_conf_t conf, const char* key) {
  if (conf == nullptr || key == nullptr) return nullptr;
  const auto found = conf->settings.find(std::string_view(key));
  return found == conf->settings.end() ? nullptr : found->second.c_str();
}

void weld_conf_set(weld_conf_t conf, const char* key, const char* value) {
  if (conf == nullptr || key == nullptr) return;
  guarded([&] {
    if (value == nullptr) {
      conf->settings.erase(key);
    } else {
      conf->settings.insert_or_assign(key, value);
    }
  });
}

void weld_conf_free(weld_conf_t conf) { delete conf; }

weld_value_t weld_value_new(const void* data) {
  return guarded([&] {
    auto value = std::make_unique<weld_value>();
    value->data = data;
    return value.release();
  });
}

void* weld_value_data(weld_value_t value) { return value == nullptr ? nullptr : const_cast<void*>(value->data); }

int64_t weld_value_run(weld_value_t value) { return value == nullptr ? -1 : value->run; }

weld_context_t weld_value_context(weld_value_t value) {
  if (value == nullptr || value->context == nullptr) return nullptr;
  return guarded([&] { return new weld_context{value->context}; });
}

void weld_value_free(weld_value_t value) { delete value; }

weld_module_t weld_module_compile(const char* code, weld_conf_t conf, weld_error_t err) {
  return guarded(err, [&] {
    require(code, "code");
    return compile(code, configuration_of(conf));
  });
}

weld_value_t weld_module_run(weld_module_t module, weld_context_t context, weld_value_t arg, weld_error_t err) {
  return guarded(err, [&] {
    require(module, "module");
    require_context(context);
    if (!module->parameter_types.empty()) {
      require(arg, "arg");
      require(arg->data, "the data of arg");
    }
    return run(*module, *context, arg == nullptr ? nullptr : arg->data);
  });
}

const char* weld_module_return_type(weld_module_t module) { return module == nullptr ? nullptr : module->return_type.c_str(); }

int64_t weld_module_param_count(weld_module_t module) {
  return module == nullptr ? -1 : static_cast<int64_t>(module->parameter_types.size());
}

const char* weld_module_param_type(weld_module_t module, int64_t i) {
  if (i < 0 || i >= weld_module_param_count(module)) return nullptr;
  return module->parameter_types[static_cast<size_t>(i)].c_str();
}

void weld_module_free(weld_module_t module) { delete module; }

weld_error_t weld_error_new(void) {
  return guarded([] { return new weld_error; });
}

uint64_t weld_error_code(weld_error_t err) { return err == nullptr ? uint64_t{WELD_ERROR_UNKNOWN} : err->code; }

const char* weld_error_message(weld_error_t err) { return err == nullptr ? "the error is NULL" : err->message.c_str(); }

void weld_error_free(weld_error_t err) { delete err; }

void weld_load_library(const char* path, weld_error_t err) {
  guarded(err, [&] {
    require(path, "path");
    if (const Diagnostics faults = weld::load_library(path); !faults.empty()) {
      throw Failure{WELD_ERROR_LOAD_LIBRARY, "LoadLibraryError: " + faults.front().message};
    }
  });
}

void weld_set_log_level(uint64_t level) { log_level = std::min<uint64_t>(level, WELD_LOG_TRACE); }
