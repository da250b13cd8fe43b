// The command line of weld-tpch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weld/module.h"

namespace weld::tpch {

struct DriverOptions {
  double scale_factor = 1;
  std::vector<int> queries;  // empty: all
  int threads = 0;           // 0: all cores
  int runs = 5;
  uint64_t seed = 1;
  int llvm_level = CompileOptions().llvm_level;
  std::string data;          // read .tbl files from here instead of generating
  std::string write;         // write .tbl files here
  std::string json;          // write a report here
  std::string queries_from;  // read the programs from here instead of the built-in ones
  bool help = false;
};

// Later options override earlier ones. An error says what is wrong with which option.
Result<DriverOptions> parse_options(const std::vector<std::string>& arguments);

std::string help_text();

}  // namespace weld::tpch
