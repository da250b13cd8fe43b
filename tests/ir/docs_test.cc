// The programs in docs/language.md compile, and so does what it says of them in its error example.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weld/ir/frontend.h"

namespace weld {
namespace {

std::vector<std::string> blocks_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> blocks;
  std::string line;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line == "```weld") {
      inside = true;
      blocks.emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

TEST(Docs, ProgramsCompile) {
  std::vector<std::string> blocks = blocks_of(std::string(WELD_SOURCE_DIR) + "/docs/language.md");
  ASSERT_GT(blocks.size(), 15u);
  for (const std::string& source : blocks) {
    Result<ExprPtr> program = compile_to_ir(source);
    EXPECT_TRUE(program.ok()) << source << "\n" << (program ? "" : format_diagnostics("docs", source, program.diagnostics()));
  }
}

TEST(Docs, ErrorExample) {
  std::string source = "|x: i64|\n  let a = x + 1;\n  a";
  Result<ExprPtr> program = compile_to_ir(source);
  ASSERT_FALSE(program.ok());
  std::ifstream file(std::string(WELD_SOURCE_DIR) + "/docs/language.md");
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_NE(page.str().find(format_diagnostics("query.weld", source, program.diagnostics())), std::string::npos);
}

}  // namespace
}  // namespace weld
