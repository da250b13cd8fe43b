// The keys of a weld_conf_t, read into typed options.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weld/module.h"

namespace weld::capi {

using Settings = std::map<std::string, std::string, std::less<>>;

enum class DumpFormat { kWeld, kOptimizedWeld, kLlvm, kOptimizedLlvm, kAssembly };

// What to write of each program that is compiled.
struct DumpOptions {
  bool enabled = false;
  std::string folder = ".";
  std::string file_name;  // empty: one unique to the compile
  std::vector<DumpFormat> formats = {DumpFormat::kWeld, DumpFormat::kOptimizedWeld, DumpFormat::kLlvm, DumpFormat::kOptimizedLlvm,
                                     DumpFormat::kAssembly};
};

struct Configuration {
  runtime::EngineOptions engine;
  CompileOptions compile;
  DumpOptions dump;
  std::vector<std::string> unknown_keys;  // that begin with "weld."
};

// Diagnostics, without places, name each key whose value cannot be used.
Result<Configuration> read_configuration(const Settings& settings);

// Writes a program that compiles at the stages asked for. Returns what could not be written, one line each.
std::vector<std::string> dump_program(std::string_view source, const CompileOptions& compile, const DumpOptions& dump);

}  // namespace weld::capi
