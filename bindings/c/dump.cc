// Writes a program at its stages to files, through explain(), so that a dump shows what `weld explain` shows.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "bindings/c/configuration.h"

namespace weld::capi {

namespace {

struct Stage {
  const char* name;
  const char* extension;
};

Stage stage_of(DumpFormat format) {
  switch (format) {
    case DumpFormat::kWeld:
      return {"parse", ".weld"};
    case DumpFormat::kOptimizedWeld:
      return {"optimize", ".opt.weld"};
    case DumpFormat::kLlvm:
      return {"llvm", ".ll"};
    case DumpFormat::kOptimizedLlvm:
      return {"llvm-optimized", ".opt.ll"};
    case DumpFormat::kAssembly:
      return {"assembly", ".s"};
  }
  WELD_CHECK(false, "every format has a stage");
}

std::string unique_file_name() {
  static std::atomic<uint64_t> next = 1;
  return fmt::format("weld-{}-{}", getpid(), next++);
}

}  // namespace

std::vector<std::string> dump_program(std::string_view source, const CompileOptions& compile, const DumpOptions& dump) {
  const std::string name = dump.file_name.empty() ? unique_file_name() : dump.file_name;
  std::vector<std::string> faults;
  for (DumpFormat format : dump.formats) {
    const Stage stage = stage_of(format);
    const std::string path = dump.folder + "/" + name + stage.extension;
    const Result<std::string> text = explain(source, stage.name, compile);
    if (!text.ok()) {
      faults.push_back(path + ": " + text.diagnostics().front().message);
    } else if (std::ofstream file(path); !(file << *text << std::flush)) {
      faults.push_back(path + ": cannot be written");
    }
  }
  return faults;
}

}  // namespace weld::capi
